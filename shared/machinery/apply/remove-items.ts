import { setOwn } from '../patch/json-value.ts';
import { type FieldSet, isMember } from './field-set.ts';
import { elementOf } from './list-items.ts';
import { fieldAt, granular, isHollow, isRecord, type JsonRecord, type ListShape, type RecordShape, type Shape } from './shape.ts';

/**
 * The value without the paths of a set; what is left shares parts with it. Lists and maps that lose all they hold become null, as do
 * empty ones on the way. Source: structured-merge-diff typed/remove.go.
 */
export function removeItems(shape: Shape, value: unknown, set: FieldSet): unknown {
  const parts = granular(shape, value);
  if (parts === undefined) return typeof value === 'object' ? null : value;
  if (isHollow(value)) return null;
  if (parts.kind === 'record') return isRecord(value) ? removeFromRecord(parts, value, set) : null;
  return Array.isArray(value) ? removeFromList(parts, value, set) : null;
}

function removeFromRecord(shape: RecordShape, record: JsonRecord, set: FieldSet): JsonRecord | null {
  const left: Record<string, unknown> = {};
  for (const key of Object.keys(record)) {
    const field = fieldAt(shape, key);
    const below = field?.element === undefined ? undefined : set[field.element];
    if (field === undefined || below === undefined) setOwn(left, key, record[key]);
    else if (!isMember(below)) setOwn(left, key, removeItems(field.shape, record[key], below));
  }
  return isHollow(left) ? null : left;
}

function removeFromList(shape: ListShape, list: readonly unknown[], set: FieldSet): unknown[] | null {
  const left: unknown[] = [];
  for (const item of list) {
    const below = set[elementOf(shape, item)];
    if (below === undefined) left.push(item);
    else if (!isMember(below)) left.push(removeItems(shape.item, item, below));
  }
  return left.length === 0 ? null : left;
}
