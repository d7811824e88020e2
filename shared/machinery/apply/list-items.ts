import { type PathElement, valueElement } from './path-element.ts';
import { isRecord, type ListShape } from './shape.ts';

/** Why an item cannot be told from the others. */
export class UnknownItem extends Error {}

/** The items of a list that is merged, by path element, in their order; several items may have the same. */
export function itemsByElement(shape: ListShape, list: readonly unknown[]): Map<PathElement, unknown[]> {
  const items = new Map<PathElement, unknown[]>();
  for (const item of list) {
    const element = elementOf(shape, item);
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
}

/** Throws UnknownItem in upstream's words. Source: structured-merge-diff typed/helpers.go. */
export function elementOf(shape: ListShape, item: unknown): PathElement {
  return shape.by === 'keys' ? elementByKeys(shape, item) : elementByValue(item);
}

function elementByKeys({ keys }: ListShape, item: unknown): PathElement {
  if (item === null) throw new UnknownItem('associative list with keys may not have a null element');
  if (!isRecord(item)) throw new UnknownItem('associative list with keys may not have non-map elements');
  let fields = '';
  for (const key of keys) {
    const value = item[key.name] ?? key.default;
    if (value !== undefined) fields += `${fields === '' ? '' : ','}"${key.name}":${JSON.stringify(value)}`;
  }
  if (fields !== '') return `k:{${fields}}`;
  const names = keys.map(({ name }) => JSON.stringify(name)).join(' ');
  throw new UnknownItem(
    `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  );
}

function elementByValue(item: unknown): PathElement {
  if (item === null) throw new UnknownItem("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) throw new UnknownItem('not supported: associative list with lists as elements');
  if (isRecord(item)) throw new UnknownItem("associative list without keys has an element that's a map type");
  return valueElement(item);
}
