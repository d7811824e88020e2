import { isDeepStrictEqual } from 'node:util';
import type { ObjectMeta, UntypedObject } from '../../shared/api/meta.ts';
import { badRequest, conflict, failure, invalid, type Subject } from '../../shared/machinery/api-error.ts';
import type { CachedObject } from '../storage/watch-cache-object.ts';
import type { DeleteOptions } from './plan-deletion.ts';

/** Why a write with an old resourceVersion is refused. Source: apiserver registry.OptimisticLockErrorMsg. */
export const STALE = 'the object has been modified; please apply your changes to the latest version and try again';

/** Gives an object the namespace and name of the path that it was sent to; throws 400 if it contradicts that. */
export function adopt(object: UntypedObject, { namespace, name }: { namespace: string; name: string }): void {
  object.metadata ??= {} as UntypedObject['metadata'];
  const meta = object.metadata;
  if ((meta.namespace ?? '') === '' && namespace !== '') meta.namespace = namespace;
  else if ((meta.namespace ?? '') !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (name === '') return;
  if ((meta.name ?? '') === '') meta.name = name;
  else if (meta.name !== name) throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
}

/** Throws 409 if an update was made from another version than the newest, and 422 if it does not say from which but must. */
export function checkVersion(on: Subject, object: UntypedObject, { revision, optional }: { revision: number; optional: boolean }): void {
  const { name, resourceVersion = '' } = object.metadata;
  if (resourceVersion === '' || resourceVersion === '0') {
    if (optional) return;
    const message = 'Invalid value: 0: must be specified for an update';
    throw invalid(on, name, [{ type: 'FieldValueInvalid', field: 'metadata.resourceVersion', message }]);
  }
  if (resourceVersion === String(revision)) return;
  if (/^\d+$/.test(resourceVersion)) throw conflict(on, name, STALE);
  const quoted = JSON.stringify(resourceVersion);
  throw failure(400, 'BadRequest', `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`);
}

/** Throws 409 if the request is about another object that had the same name. */
export function checkUid(on: Subject, name: string, { wanted, actual }: { wanted: string | undefined; actual: string | undefined }): void {
  if (wanted === undefined || wanted === '' || wanted === actual) return;
  throw conflict(on, name, `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual ?? ''}`);
}

/** Throws 409 if a deletion is meant for another object or another version. */
export function checkPreconditions(on: Subject, current: CachedObject, preconditions: DeleteOptions['preconditions']): void {
  if (preconditions === undefined) return;
  checkUid(on, current.name, { wanted: preconditions.uid, actual: current.object.metadata.uid });
  const version = preconditions.resourceVersion;
  if (version === undefined || version === String(current.revision)) return;
  const why = `the ResourceVersion in the precondition (${version}) does not match the ResourceVersion in record (${current.revision}). The object might have been modified`;
  throw conflict(on, current.name, why);
}

/** What a client may leave out of an update, or cannot set at all. Source: apimachinery ValidateObjectMetaAccessorUpdate. */
export function carryOver(meta: ObjectMeta, old: ObjectMeta): void {
  for (const field of ['uid', 'creationTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if ((meta[field] ?? '') === '' && old[field] !== undefined) Object.assign(meta, { [field]: old[field] });
  }
  if (old.deletionTimestamp !== undefined) meta.deletionTimestamp = old.deletionTimestamp;
  if (old.generation === undefined) delete meta.generation;
  else meta.generation = old.generation;
}

/** Whether an update changes the wanted state. */
export function specChanged(object: UntypedObject, old: UntypedObject): boolean {
  return !isDeepStrictEqual(object.spec, old.spec);
}

/** A status update changes nothing but `status`, and of the metadata not the owners. */
export function keepAllButStatus(object: UntypedObject, old: UntypedObject): void {
  const { status, metadata } = object;
  for (const field of Object.keys(object)) delete object[field];
  Object.assign(object, structuredClone(old), { metadata: { ...metadata, ...ownersOf(old) } });
  if (status === undefined) delete object.status;
  else object.status = status;
}

function ownersOf(object: UntypedObject): { ownerReferences?: NonNullable<UntypedObject['metadata']['ownerReferences']> } {
  const { ownerReferences } = object.metadata;
  return ownerReferences === undefined ? {} : { ownerReferences };
}
