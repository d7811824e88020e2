import type { UntypedObject } from '../../api/meta.ts';
import { badRequest, failure } from '../api-error.ts';
import { timestamp } from '../clock.ts';
import { equalJson } from '../patch/json-value.ts';
import { applyConflict, type Conflicts, conflictsBeside } from './apply-conflict.ts';
import { capUpdaters } from './cap-owners.ts';
import { isSame, written } from './compare.ts';
import { type FieldSet, isEmptySet, recursiveDifference, union } from './field-set.ts';
import { fieldsOfLastApplied, withLastApplied } from './last-applied.ts';
import {
  type ManagedFieldsEntry,
  type Owner,
  ownerId,
  readManagedFields,
  trustManagedFields,
  writeManagedFields,
} from './managed-fields.ts';
import { mergeValues } from './merge-values.ts';
import { ChangeView, loosen, takenFrom } from './ownership.ts';
import { pruneGivenUp } from './prune.ts';
import { toFieldSet } from './to-field-set.ts';
import { configErrors } from './validate-config.ts';
import type { Versions } from './version-views.ts';
import { withoutMetadata } from './without-metadata.ts';

/** Who writes an object, and how. */
export interface Write extends Versions {
  kind: string;
  /** As in the request or from its user agent; '' is unknown. */
  manager: string;
  /** '' for the object itself. */
  subresource: string;
  /** Paths that this way of writing cannot change, such as the status where the object itself is written. */
  ignored: FieldSet;
  /** ms since the epoch. */
  now: number;
  /** The object as it is, with its `managedFields`; undefined: it is being created. */
  live: UntypedObject | undefined;
  /** An object of the type as Go makes it from nothing. */
  nothing: UntypedObject;
}

/** Name of those who wrote before the first apply to an object whose owners were not tracked. Source: managedfields NewProbabilisticSkipNonAppliedManager. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** Only this applier takes over from client-side apply. */
const KUBECTL = 'kubectl';

/**
 * The `managedFields` of an object that was created or updated other than by apply: the writer owns what differs from `live`, and the
 * owners before it lose that. `updated` may itself carry `managedFields`: valid ones count in place of the live object's, `[]` and `[{}]`
 * end the tracking. Source: managedfields FieldManager.Update.
 */
export function trackUpdate(write: Write, updated: UntypedObject): ManagedFieldsEntry[] | undefined {
  const { live } = write;
  const before = ownersBefore(write, updated.metadata.managedFields);
  if (before.owners.size === 0 && live !== undefined) return undefined; // tracked again from its first apply
  const owners = ownersAfter(write, updated, before.owners);
  return owners === before.owners && before.known ? live?.metadata.managedFields : writeManagedFields(owners);
}

/** `known`: they are the live object's. */
function ownersBefore(
  { live, subresource }: Write,
  sent: ManagedFieldsEntry[] | undefined,
): { owners: Map<string, Owner>; known: boolean } {
  const entries = live?.metadata.managedFields;
  if (subresource === '' && sent !== undefined && sent !== null && !equalJson(sent, entries)) {
    if (isReset(sent)) return { owners: new Map(), known: false };
    const owners = orNobody(() => readManagedFields(sent));
    if (owners.size > 0) return { owners, known: false };
  }
  return { owners: orNobody(() => trustManagedFields(entries)), known: true };
}

function isReset(sent: readonly ManagedFieldsEntry[]): boolean {
  return sent.length === 0 || (sent.length === 1 && isHollowEntry(sent[0]));
}

function isHollowEntry(entry: ManagedFieldsEntry | undefined): boolean {
  return entry !== undefined && Object.values(entry).every((value) => value === undefined || value === null || value === '');
}

function orNobody(read: () => Map<string, Owner>): Map<string, Owner> {
  try {
    return read();
  } catch {
    return new Map(); // as upstream: what cannot be read counts for nothing
  }
}

/** `before` itself where nobody gained or lost anything. */
function ownersAfter(write: Write, updated: UntypedObject, before: Map<string, Owner>): Map<string, Owner> {
  const view = new ChangeView({ versions: write, before: write.live ?? write.nothing, after: updated, ignored: write.ignored });
  if (isSame(view.own) && [...before.values()].every(({ apiVersion }) => apiVersion === write.apiVersion)) return before;
  const owners = new Map(before);
  loosen(owners, view, '');
  const gained = withoutMetadata(written(view.own));
  if (!isEmptySet(gained)) gain(owners, write, gained);
  else if (sameOwners(before, owners)) return before;
  capUpdaters(owners);
  return owners;
}

function gain(owners: Map<string, Owner>, { manager, apiVersion, subresource, now }: Write, fields: FieldSet): void {
  const self: Owner = {
    manager: manager === '' ? 'unknown' : manager,
    operation: 'Update',
    apiVersion,
    subresource,
    time: timestamp(now),
    fields,
  };
  const id = ownerId(self);
  const before = owners.get(id);
  owners.set(id, before === undefined ? self : { ...self, fields: union(fields, before.fields) });
}

function sameOwners(a: ReadonlyMap<string, Owner>, b: ReadonlyMap<string, Owner>): boolean {
  return a.size === b.size && [...a].every(([id, owner]) => b.get(id) === owner);
}

export interface Applied {
  /** The live object, or what the configuration makes of it: to be decoded and defaulted. Shares parts with both. */
  object: UntypedObject;
  managedFields: ManagedFieldsEntry[] | undefined;
}

/**
 * Lays a configuration over the live object: the applier owns what it says, and what it no longer says goes unless others own it. Throws
 * 409 where it would change what others own, unless `force`; 400 for a configuration of another kind or version, 500 (as upstream) for
 * one that is not of its type. Source: managedfields FieldManager.Apply.
 */
export function applyObject(write: Write & { config: UntypedObject; force: boolean }): Applied {
  const config = checkedConfig(write);
  const { owners, live } = ownersToApplyOver(write);
  const first = tryApply({ ...write, live, config }, owners, write.force);
  if ('object' in first) return finish(write, config, first);
  const conflicts =
    write.manager === KUBECTL
      ? conflictsBeside(first.conflicts, fieldsOfLastApplied(write.shape, write.apiVersion, live))
      : first.conflicts;
  if (conflicts.size > 0) throw applyConflict(conflicts);
  const forced = tryApply({ ...write, live, config }, owners, true);
  if ('object' in forced) return finish(write, config, forced);
  throw applyConflict(forced.conflicts);
}

function checkedConfig({ config, kind, apiVersion, shape }: Write & { config: UntypedObject }): UntypedObject {
  if (config.apiVersion !== apiVersion || config.kind !== kind)
    throw badRequest(`invalid object type: ${goKindOf(config.apiVersion, config.kind)}`);
  const { managedFields, ...metadata } = config.metadata ?? {};
  if (managedFields !== undefined && managedFields !== null) throw badRequest('metadata.managedFields must be nil');
  const checked = (config.metadata === undefined ? config : { ...config, metadata }) as UntypedObject;
  const errors = configErrors(shape, checked);
  if (errors === undefined) return checked;
  const { namespace = '', name = '' } = metadata as { namespace?: string; name?: string };
  throw failure(
    500,
    '',
    `failed to create typed patch object (${namespace}/${name}; ${goKindOf(config.apiVersion, config.kind)}): ${errors}`,
  );
}

/** A kind as Go prints it: `apps/v1, Kind=Deployment`. */
export function goKindOf(apiVersion = '', kind = ''): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

function ownersToApplyOver(write: Write): { owners: Map<string, Owner>; live: UntypedObject } {
  if (write.live === undefined) return { owners: new Map(), live: write.nothing };
  const { managedFields, ...metadata } = write.live.metadata;
  const live = { ...write.live, metadata } as UntypedObject;
  const owners = readLive(managedFields);
  if (owners.size > 0) return { owners, live };
  return { owners: ownersAfter({ ...write, live: undefined, manager: BEFORE_FIRST_APPLY }, live, owners), live };
}

function readLive(entries: ManagedFieldsEntry[] | undefined): Map<string, Owner> {
  try {
    return trustManagedFields(entries);
  } catch (error) {
    throw failure(500, '', `failed to decode managed fields: ${(error as Error).message}`);
  }
}

type Attempt = { object: unknown; changed: boolean; owners: Map<string, Owner>; live: UntypedObject } | { conflicts: Conflicts };

function tryApply(
  write: Write & { live: UntypedObject; config: UntypedObject },
  before: ReadonlyMap<string, Owner>,
  force: boolean,
): Attempt {
  const { shape, live, config, ignored, apiVersion, manager, subresource } = write;
  const self: Omit<Owner, 'fields'> = { manager, operation: 'Apply', apiVersion, subresource, time: undefined };
  const id = ownerId(self);
  const last = before.get(id);
  const owners = new Map(before);
  const fields = recursiveDifference(toFieldSet(shape, config), ignored);
  owners.set(id, { ...self, time: last?.time, fields });
  const object = pruneGivenUp(write, mergeValues(shape, live, config), owners, last);
  const view = new ChangeView({ versions: write, before: live, after: object, ignored });
  const conflicts = force ? NONE : conflictsOf(owners, view, id);
  if (conflicts.size > 0) return { conflicts };
  loosen(owners, view, id);
  const changed = !equalJson(live, object);
  const kept = withoutMetadata(fields);
  if (isEmptySet(kept)) owners.delete(id);
  else owners.set(id, { ...self, time: changed ? timestamp(write.now) : last?.time, fields: kept });
  return { object, changed, owners, live };
}

const NONE: Conflicts = new Map();

function conflictsOf(owners: ReadonlyMap<string, Owner>, view: ChangeView, self: string): Conflicts {
  const found = [...owners]
    .filter(([id]) => id !== self)
    .map(([id, owner]) => [id, { owner, fields: takenFrom(owner, view) }] as const)
    .filter(([, { fields }]) => !isEmptySet(fields));
  return new Map(found);
}

function finish(write: Write, config: UntypedObject, attempt: Exclude<Attempt, { conflicts: Conflicts }>): Applied {
  const object = attempt.changed ? (attempt.object as UntypedObject) : attempt.live;
  return {
    object: write.manager === KUBECTL ? withLastApplied(object, config) : object,
    managedFields: writeManagedFields(attempt.owners),
  };
}
