import type { ObjectMeta } from '../../api/meta.ts';
import { type FieldSet, inOrder, readFieldSet } from './field-set.ts';

export type ManagedFieldsEntry = NonNullable<ObjectMeta['managedFields']>[number];

/** Somebody who has written parts of an object, and which. */
export interface Owner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** The version in which `fields` are. */
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339; undefined: not known. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** By `ownerId`. */
export type Owners = ReadonlyMap<string, Owner>;

/** What tells owners apart: an applier is the same whatever version it applies in. Source: managedfields BuildManagerIdentifier. */
export function ownerId({ manager, operation, apiVersion, subresource }: Omit<Owner, 'time' | 'fields'>): string {
  const version = operation === 'Update' ? `,"apiVersion":${JSON.stringify(apiVersion)}` : '';
  const part = subresource === '' ? '' : `,"subresource":${JSON.stringify(subresource)}`;
  return `{"manager":${JSON.stringify(manager)},"operation":"${operation}"${version}${part}}`;
}

/** Reads what somebody sent. Throws Error in upstream's words. Source: managedfields DecodeManagedFields. */
export function readManagedFields(entries: readonly ManagedFieldsEntry[] | undefined): Map<string, Owner> {
  return collect(entries, readFieldSet);
}

/** Reads what `writeManagedFields` made, which is taken as it is. */
export function trustManagedFields(entries: readonly ManagedFieldsEntry[] | undefined): Map<string, Owner> {
  return collect(entries, (fields) => fields as FieldSet, originals);
}

/** The entries that trusted owners come from: who has not changed is written as before. */
const originals = new WeakMap<Owner, ManagedFieldsEntry>();

function collect(
  entries: readonly ManagedFieldsEntry[] | undefined,
  read: (fields: unknown) => FieldSet,
  keep?: WeakMap<Owner, ManagedFieldsEntry>,
): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const [i, entry] of (entries ?? []).entries()) {
    const owner = ownerOf(entry, i, read);
    owners.set(ownerId(owner), owner);
    keep?.set(owner, entry);
  }
  return owners;
}

function ownerOf(entry: ManagedFieldsEntry, index: number, read: (fields: unknown) => FieldSet): Owner {
  const { manager = '', operation, apiVersion = '', fieldsType = '', subresource = '', time, fieldsV1 } = entry;
  if (operation !== 'Apply' && operation !== 'Update') throw new Error('operation must be `Apply` or `Update`');
  if (apiVersion === '') throw new Error('apiVersion must not be empty');
  if (fieldsType === '') throw new Error(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== 'FieldsV1') throw new Error(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`);
  return { manager, operation, apiVersion, subresource, time: time ?? undefined, fields: read(fieldsV1 ?? {}) };
}

/** Appliers first, then by time. Undefined: nobody owns anything. Source: managedfields encodeManagedFields. */
export function writeManagedFields(owners: Owners): ManagedFieldsEntry[] | undefined {
  if (owners.size === 0) return undefined;
  return [...owners.values()].sort(inUpstreamOrder).map((owner) => originals.get(owner) ?? entryOf(owner));
}

/** Built without spreading, which costs more than all else here. */
function entryOf({ manager, operation, apiVersion, subresource, time, fields }: Owner): ManagedFieldsEntry {
  const fieldsV1 = inOrder(fields) as Record<string, unknown>;
  const entry: ManagedFieldsEntry =
    time === undefined
      ? { manager, operation, apiVersion, fieldsType: 'FieldsV1', fieldsV1 }
      : { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1 };
  if (manager === '') delete entry.manager;
  if (subresource !== '') entry.subresource = subresource;
  return entry;
}

function inUpstreamOrder(a: Owner, b: Owner): number {
  if (a.operation !== b.operation) return a.operation < b.operation ? -1 : 1;
  const seconds = secondsOf(a.time) - secondsOf(b.time);
  if (seconds !== 0) return seconds;
  for (const field of ['manager', 'apiVersion', 'subresource'] as const) {
    if (a[field] !== b[field]) return a[field] < b[field] ? -1 : 1;
  }
  return 0;
}

/** Of an RFC 3339 time, since the epoch; 0 for none. */
export function secondsOf(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000) || 0;
}
