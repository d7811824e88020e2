type Step =
  | { kind: 'field'; name: string }
  | { kind: 'index'; at: number }
  | { kind: 'all' }
  | { kind: 'filter'; path: Step[]; value: string };

const parsed = new Map<string, Step[] | undefined>();
/** Most paths that are kept parsed: they come from definitions, which are few. */
const MAX_PARSED = 1_000;

/**
 * The values at a simple JSONPath, as printer columns use it: `.a.b`, `.a['b.c']`, `[0]`, `[-1]`, `[*]` and `[?(@.type=="Ready")]`.
 * A path it cannot read has no values.
 */
export function readJsonPath(path: string, root: unknown): unknown[] {
  if (!parsed.has(path)) {
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(path, parse(path));
  }
  return walk(parsed.get(path), root);
}

function walk(steps: readonly Step[] | undefined, root: unknown): unknown[] {
  if (steps === undefined) return [];
  let values: unknown[] = [root];
  for (const step of steps) values = values.flatMap((value) => take(step, value));
  return values;
}

function take(step: Step, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  switch (step.kind) {
    case 'field':
      return !Array.isArray(value) && Object.hasOwn(value, step.name) ? [(value as Record<string, unknown>)[step.name]] : [];
    case 'index': {
      const item: unknown = Array.isArray(value) ? value.at(step.at) : undefined;
      return item === undefined ? [] : [item];
    }
    case 'all':
      return Object.values(value);
    case 'filter':
      return Object.values(value).filter((item) =>
        walk(step.path, item).some((found) => typeof found !== 'object' && String(found) === step.value),
      );
  }
}

const TOKEN =
  /\.((?:\\.|[^.[\]\\])+)|\['([^']*)'\]|\["([^"]*)"\]|\[(-?\d+)\]|(\.?\[\*\]|\.\*)|\[\?\(\s*@((?:\.[^.[\]=\s]+)+)\s*==\s*(?:"([^"]*)"|'([^']*)'|([^)\s]+))\s*\)\]/y;

function parse(path: string): Step[] | undefined {
  const text = path.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '');
  const steps: Step[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    const [, field, single, double, index, all, filter, ...literals] = match;
    const name = field ?? single ?? double;
    if (all !== undefined) steps.push({ kind: 'all' });
    else if (name === '*') steps.push({ kind: 'all' });
    else if (name !== undefined) steps.push({ kind: 'field', name: name.replaceAll('\\', '') });
    else if (index !== undefined) steps.push({ kind: 'index', at: Number(index) });
    else if (filter !== undefined) {
      const fields = filter
        .slice(1)
        .split('.')
        .map((each): Step => ({ kind: 'field', name: each }));
      steps.push({ kind: 'filter', path: fields, value: literals.find((literal) => literal !== undefined) ?? '' });
    }
  }
  return steps;
}
