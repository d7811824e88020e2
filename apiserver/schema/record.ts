/** A JSON object. */
export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object in a field, or undefined; for reading what decoding has checked. */
export function recordAt(object: JsonRecord | undefined, field: string): JsonRecord | undefined {
  const value = object?.[field];
  return isRecord(value) ? value : undefined;
}

/** The objects in a list field; none if it is missing or null. */
export function recordsAt(object: JsonRecord | undefined, field: string): JsonRecord[] {
  const value = object?.[field];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function stringAt(object: JsonRecord | undefined, field: string): string {
  const value = object?.[field];
  return typeof value === 'string' ? value : '';
}

export function stringsAt(object: JsonRecord | undefined, field: string): string[] {
  const value = object?.[field];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** Sets a field that is missing, as a defaulting function does. */
export function fill(object: JsonRecord, field: string, value: unknown): void {
  if (object[field] === undefined || object[field] === null) object[field] = value;
}

/** The value under a key that a client chose: never what every object inherits. */
export function own<T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}
