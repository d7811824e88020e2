import { isRecord, type JsonRecord } from '../schema/record.ts';
import { DecodeError } from '../schema/trail.ts';
import { setField } from './set-field.ts';

/** Deeper values could exhaust the stack. */
const MAX_DEPTH = 500;

/**
 * The value with the keys of all objects in order, as Go writes maps; what is in order is shared, not copied. Throws DecodeError for
 * values that are nested too deeply.
 */
export function sortKeys(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new DecodeError('json: exceeded max depth');
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      const result = sortKeys(item, depth + 1);
      if (result === item) continue;
      copy ??= [...value];
      copy[i] = result;
    }
    return copy ?? value;
  }
  return isRecord(value) ? sortRecord(value, depth) : value;
}

function sortRecord(value: JsonRecord, depth: number): JsonRecord {
  const keys = Object.keys(value);
  let same = true;
  const results: unknown[] = [];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? '';
    if (i > 0 && (keys[i - 1] ?? '') > key && !isIndex(key)) same = false;
    const result = sortKeys(value[key], depth + 1);
    if (result !== value[key]) same = false;
    results.push(result);
  }
  if (same) return value;
  const copy: JsonRecord = {};
  const order = keys.map((key, i) => [key, results[i]] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, inner] of order) setField(copy, key, inner);
  return copy;
}

/** JavaScript puts keys that are numbers first, whatever one does. */
function isIndex(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(key);
}
