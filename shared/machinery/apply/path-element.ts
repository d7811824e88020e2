/**
 * One step of a path as FieldsV1 writes it: `f:name` a field or map key, `k:{…}` a list item by its keys, `v:…` a set's item by its value,
 * `i:n` an item by its place. Source: structured-merge-diff fieldpath/serialize-pe.go.
 */
export type PathElement = string;

export const fieldElement = (name: string): PathElement => `f:${name}`;
export const valueElement = (value: unknown): PathElement => `v:${JSON.stringify(value)}`;

/** Order within one level: `.`, fields, keys, values, places. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0;
  if (a.charCodeAt(0) === F && b.charCodeAt(0) === F) return a < b ? -1 : 1;
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (a.startsWith('k:')) return compareKeys(parsed(a), parsed(b));
  if (a.startsWith('v:') || a.startsWith('i:')) return compareValues(parsed(a), parsed(b));
  return a < b ? -1 : 1;
}

const F = 'f'.charCodeAt(0);

/** As upstream prints it in conflicts: `.name`, `[name="a"]`, `[="x"]`, `[0]`. */
export function printElement(element: PathElement): string {
  if (element.startsWith('f:')) return `.${element.slice(2)}`;
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
  if (element.startsWith('i:')) return `[${element.slice(2)}]`;
  const keys = Object.entries(parsed(element) as Record<string, unknown>);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}

/**
 * The element in canonical form; undefined for what is no element of a known kind. Throws SyntaxError for a known kind that does not
 * parse.
 */
export function readElement(text: string): PathElement | undefined {
  if (text.startsWith('f:')) return text;
  if (text.startsWith('v:')) return valueElement(scalar(parsed(text)));
  if (text.startsWith('i:')) {
    if (!/^i:-?\d+$/.test(text)) throw new SyntaxError(`invalid index ${JSON.stringify(text)}`);
    return text;
  }
  if (!text.startsWith('k:')) {
    if (text.length < 2) throw new SyntaxError(`key must be 2 characters long: ${JSON.stringify(text)}`);
    return undefined;
  }
  const keys = parsed(text);
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) throw new SyntaxError(`invalid key ${JSON.stringify(text)}`);
  const sorted = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(scalar(value))}`).join(',')}}`;
}

const RANKS: Readonly<Record<string, number>> = { '.': 0, f: 1, k: 2, v: 3, i: 4 };
const rankOf = (element: PathElement): number => RANKS[element[0] ?? ''] ?? 5;

const parsed = (element: PathElement): unknown => JSON.parse(element.slice(2));

function scalar(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) throw new SyntaxError('a path element holds an object or a list');
  return value;
}

function compareKeys(a: unknown, b: unknown): number {
  const [left, right] = [Object.entries(a as object), Object.entries(b as object)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [[name, value], [otherName, otherValue]] = [left[i] ?? ['', null], right[i] ?? ['', null]];
    if (name !== otherName) return name < otherName ? -1 : 1;
    const order = compareValues(value, otherValue);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

const VALUE_RANKS: Readonly<Record<string, number>> = { number: 0, string: 1, boolean: 2 };

/** Numbers, strings, booleans, null. Source: structured-merge-diff value/value.go Compare. */
function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  const rank = (VALUE_RANKS[typeof a] ?? 3) - (VALUE_RANKS[typeof b] ?? 3);
  if (rank !== 0) return rank;
  return (a as number | string | boolean) < (b as number | string | boolean) ? -1 : 1;
}
