import type { UntypedObject } from '../../../shared/api/meta.ts';

/** A decoded object as its type. Lists and selectors that are required may still be null, as Go writes missing ones. */
export function typed<T>(object: UntypedObject): T {
  return object as unknown as T;
}
