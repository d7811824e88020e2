import { equalJson } from '../patch/json-value.ts';
import type { ManagedFieldsEntry } from './managed-fields.ts';

/**
 * Whether entries differ at most in their times: an object that is otherwise unchanged need not be written then. Source: apiserver fieldmanager.IgnoreManagedFieldsTimestampsTransformer.
 */
export function sameButTimes(before: readonly ManagedFieldsEntry[] | undefined, after: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (before === after) return true;
  if (before === undefined || after === undefined || before.length !== after.length) return false;
  return before.every((entry, i) => equalJson({ ...entry, time: null }, { ...after[i], time: null }));
}
