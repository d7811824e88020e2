import type { JsonRecord } from '../schema/record.ts';

/** Sets a field whose name a client chose; `__proto__` is a name as any other. */
export function setField(object: JsonRecord, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}
