import { union } from './field-set.ts';
import { type Owner, ownerId, secondsOf } from './managed-fields.ts';

/** Owners by update that an object keeps apart. Source: managedfields DefaultMaxUpdateManagers. */
const MAX_UPDATERS = 10;
const OLD_UPDATES = 'ancient-changes';

/** Puts the oldest updaters of each version together, in place, until there are few enough. Source: managedfields capManagersManager. */
export function capUpdaters(owners: Map<string, Owner>): void {
  const updaters = [...owners].filter(([, { operation }]) => operation === 'Update');
  let left = updaters.length;
  if (left <= MAX_UPDATERS) return;
  updaters.sort(([a, first], [b, second]) => secondsOf(first.time) - secondsOf(second.time) || (a < b ? -1 : 1));
  const firstOfVersion = new Map<string, string>();
  for (const [id, owner] of updaters) {
    if (left <= MAX_UPDATERS) return;
    const { apiVersion } = owner;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, id);
      continue;
    }
    const bucket: Omit<Owner, 'time' | 'fields'> = { manager: OLD_UPDATES, operation: 'Update', apiVersion, subresource: '' };
    const bucketId = ownerId(bucket);
    const before = owners.get(bucketId) ?? owners.get(first);
    if (!owners.has(bucketId)) owners.delete(first);
    owners.delete(id);
    owners.set(bucketId, { ...bucket, time: owner.time, fields: union(owner.fields, before?.fields ?? {}) });
    left--;
  }
}
