import { asMember, EMPTY_SET, type FieldSet, type FieldSetBuilder, isEmptySet, LEAF } from './field-set.ts';
import { itemsByElement } from './list-items.ts';
import { fieldAt, granular, isHollow, isRecord, type JsonRecord, type ListShape, type RecordShape, type Shape } from './shape.ts';

/** The paths that a configuration speaks about: its leaves, map keys and list items, but not the structs and lists around them. */
export function toFieldSet(shape: Shape, value: unknown): FieldSet {
  const parts = granular(shape, value);
  if (parts?.kind === 'record') return isRecord(value) ? recordSet(parts, value) : EMPTY_SET;
  return parts !== undefined && Array.isArray(value) ? listSet(parts, value) : EMPTY_SET;
}

function recordSet(shape: RecordShape, record: JsonRecord): FieldSet {
  const set: FieldSetBuilder = {};
  for (const key of sortedKeys(record)) {
    const value = record[key];
    if (value === undefined) continue;
    const below = fieldAt(shape, key);
    if (below?.element === undefined) continue;
    if (granular(below.shape, value) === undefined || value === null || (isRecord(value) && isHollow(value))) {
      set[below.element] = LEAF;
      continue;
    }
    const inner = toFieldSet(below.shape, value);
    if (!shape.fields.has(key)) set[below.element] = asMember(inner);
    else if (!isEmptySet(inner)) set[below.element] = inner;
  }
  return set;
}

function listSet(shape: ListShape, list: readonly unknown[]): FieldSet {
  const set: FieldSetBuilder = {};
  for (const [element, items] of itemsByElement(shape, list)) {
    set[element] = items.length > 1 ? LEAF : asMember(toFieldSet(shape.item, items[0]));
  }
  return set;
}

/** All paths in a value that came or went as a whole, the value's own among them. */
export function wholeSet(shape: Shape, value: unknown): FieldSet {
  const parts = granular(shape, value);
  if (parts === undefined || isHollow(value) || typeof value !== 'object') return LEAF;
  const set: FieldSetBuilder = { '.': LEAF };
  if (parts.kind === 'list') {
    if (!Array.isArray(value)) return LEAF;
    for (const [element, items] of itemsByElement(parts, value)) {
      set[element] = items.length > 1 ? LEAF : wholeSet(parts.item, items[0]);
    }
    return set;
  }
  if (!isRecord(value)) return LEAF;
  for (const key of sortedKeys(value)) {
    const inner = value[key];
    if (inner === undefined) continue;
    const below = fieldAt(parts, key);
    if (below?.element !== undefined) set[below.element] = wholeSet(below.shape, inner);
  }
  return set;
}

/** So that sets come out in order, which spares making them twice. */
function sortedKeys(record: JsonRecord): string[] {
  const keys = Object.keys(record);
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] ?? '') > (keys[i] ?? '')) return keys.sort();
  return keys;
}
