/**
 * Carries the parts of Kubernetes' types that we serve from a full description (`kubernetes-<version>.json`, every version of
 * every kind) into `shared/api/schema/kubernetes.json.gz`. Run by hand when a new description is there:
 *
 *     node --import tsx shared/api/generate/import-schema.ts FILE
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { ElementSchema, KindSchema, SchemaDocument, TypeSchema } from '../schema/schema-document.ts';

/** Kinds that are exchanged but are no resources: option types, answers, subresource bodies. */
const EXCHANGED =
  /^(Status|Table|TableOptions|PartialObjectMetadata|PartialObjectMetadataList|.*Options|WatchEvent|Scale|Eviction|APIGroup.*|APIResourceList|APIVersions|AdmissionReview|ConversionReview|TokenRequest|List)$/;

export function trimSchema(full: SchemaDocument): SchemaDocument {
  const kinds = full.kinds.filter(served);
  const types: Record<string, TypeSchema> = {};
  const visit = (name: string): void => {
    const type = full.types[name];
    if (types[name] !== undefined || type === undefined) return;
    types[name] = type;
    for (const field of Object.values(type.fields ?? {})) visitElement(field);
    for (const embedded of Object.values(type.embeds ?? {})) visit(embedded);
  };
  const visitElement = (element: ElementSchema): void => {
    if (element.ref !== undefined) visit(element.ref);
    if (element.array !== undefined) visitElement(element.array);
    if (element.map !== undefined) visitElement(element.map);
  };
  for (const { type, subresources } of kinds) {
    visit(type);
    for (const sub of Object.values(subresources ?? {})) if (sub.type !== undefined) visit(sub.type);
  }
  for (const { type } of full.common) visit(type);
  for (const name of Object.keys(full.types)) if (name.startsWith('io.k8s.apimachinery.pkg.apis.meta.v1.')) visit(name);
  const ordered = Object.fromEntries(Object.keys(full.types).flatMap((name) => (types[name] === undefined ? [] : [[name, types[name]]])));
  return { version: full.version, scalars: full.scalars, common: full.common, kinds, types: ordered, enums: usedEnums(full, ordered) };
}

function served({ version, kind, plural }: KindSchema): boolean {
  return /^v\d+$/.test(version) && (plural !== undefined || EXCHANGED.test(kind));
}

function usedEnums(full: SchemaDocument, types: Record<string, TypeSchema>): Record<string, string[]> {
  const text = JSON.stringify(types);
  return Object.fromEntries(Object.entries(full.enums).filter(([name]) => text.includes(`"enum":"${name}"`)));
}

const source = process.argv[2];
if (source === undefined) throw new Error('usage: import-schema.ts FILE');
const trimmed = trimSchema(JSON.parse(readFileSync(source, 'utf8')) as SchemaDocument);
writeFileSync(new URL('../schema/kubernetes.json.gz', import.meta.url), gzipSync(JSON.stringify(trimmed), { level: 9 }));
