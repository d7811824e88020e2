/** The fields that Go's `omitempty` would write: no undefined, no 0, no empty list. Statuses compare equal to what the API serves. */
export function omitZeros<T extends object>(fields: T): Partial<T> {
  const kept = Object.entries(fields).filter(
    ([, value]) => value !== undefined && value !== 0 && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as Partial<T>;
}
