import type { SchemaDocument } from '../schema/schema-document.ts';
import { alias, HEADER, place } from './type-files.ts';

/** The built-in resources as rows of data (`resources.ts`) and the TypeScript type of each (`resource-map.ts`). */
export function resourceTable(schema: SchemaDocument): [string, string][] {
  const rows: string[] = [];
  const map = new Map<string, string>();
  const modules = new Set<string>();
  for (const kind of schema.kinds) {
    if (kind.plural === undefined) continue;
    const { module, name } = place(kind.type);
    modules.add(module);
    const id = resourceId(kind.plural, kind.group, kind.version, map);
    map.set(id, `${alias(module)}.${name}`);
    rows.push(
      `  ${JSON.stringify({
        id,
        group: kind.group,
        version: kind.version,
        kind: kind.kind,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        namespaced: kind.namespaced === true,
        shortNames: kind.shortNames ?? [],
        categories: kind.categories ?? [],
        listKind: kind.list ?? `${kind.kind}List`,
        verbs: kind.verbs ?? [],
        subresources: kind.subresources ?? {},
        type: kind.type,
      })},\n`,
    );
  }
  const imports = [...modules]
    .sort()
    .map((m) => `import type * as ${alias(m)} from './${m}.ts';\n`)
    .join('');
  const entries = [...map].map(([id, type]) => `  ${/^\w+$/.test(id) ? id : `'${id}'`}: ${type};\n`).join('');
  return [
    [
      'resources.ts',
      `${HEADER}import type { ResourceInfo } from '../scheme.ts';\n\nexport const BUILT_IN_RESOURCES: readonly ResourceInfo[] = [\n${rows.join('')}];\n`,
    ],
    [
      'resource-map.ts',
      `${HEADER}${imports}\n/** Resource id → the type of its objects. */\nexport interface ResourceMap {\n${entries}}\n`,
    ],
  ];
}

/** The plural where it is unique; else with group (`events.events.k8s.io`) or version (`horizontalpodautoscalers.v1`) for the less used. */
function resourceId(plural: string, group: string, version: string, taken: Map<string, string>): string {
  if (plural === 'horizontalpodautoscalers' && version === 'v1') return 'horizontalpodautoscalers.v1.autoscaling';
  return taken.has(plural) ? `${plural}.${group}` : plural;
}
