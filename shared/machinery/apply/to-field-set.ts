import { asMember, EMPTY_SET, type FieldSet, type FieldSetBuilder, LEAF } from './field-set.ts';
import { itemsByElement } from './list-items.ts';
import { fieldElement } from './path-element.ts';
import { granular, isHollow, isRecord, type ListShape, type RecordShape, type Shape, shapeAt } from './shape.ts';

/** The paths that a configuration speaks about: its leaves, map keys and list items, but not the structs and lists around them. */
export function toFieldSet(shape: Shape, value: unknown): FieldSet {
  const parts = granular(shape, value);
  if (parts?.kind === 'record') return isRecord(value) ? recordSet(parts, value) : EMPTY_SET;
  return parts !== undefined && Array.isArray(value) ? listSet(parts, value) : EMPTY_SET;
}

function recordSet(shape: RecordShape, record: Readonly<Record<string, unknown>>): FieldSet {
  const set: FieldSetBuilder = {};
  for (const key of Object.keys(record)) {
    const value = record[key];
    if (value === undefined) continue;
    const named = shape.fields.has(key);
    const below = shapeAt(shape, key);
    if (below === undefined) continue;
    if (granular(below, value) === undefined || value === null || (isRecord(value) && isHollow(value))) {
      set[fieldElement(key)] = LEAF;
      continue;
    }
    const inner = toFieldSet(below, value);
    if (!named) set[fieldElement(key)] = asMember(inner);
    else if (!isHollow(inner)) set[fieldElement(key)] = inner;
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
  for (const key of Object.keys(value)) {
    const [inner, below] = [value[key], shapeAt(parts, key)];
    if (inner !== undefined && below !== undefined) set[fieldElement(key)] = wholeSet(below, inner);
  }
  return set;
}
