import { difference, EMPTY_SET, hasPath, isEmptySet, setOfPaths, union } from './field-set.ts';
import { type ManagedFieldsEntry, type Owner, ownerId, trustManagedFields, writeManagedFields } from './managed-fields.ts';
import type { PathElement } from './path-element.ts';

const SCALE_VERSION = 'autoscaling/v1';
const IN_SCALE: readonly PathElement[] = ['f:spec', 'f:replicas'];

/** Where each version of a kind keeps the number of replicas. */
export type ReplicasPaths = ReadonlyMap<string, readonly PathElement[]>;

/** Those who own the replicas, as owners of a Scale. Source: managedfields ScaleHandler ToSubresource. */
export function scaleEntries(parent: readonly ManagedFieldsEntry[] | undefined, paths: ReplicasPaths): ManagedFieldsEntry[] | undefined {
  const owners = [...trustManagedFields(parent)].filter(([, { apiVersion, fields }]) => {
    const path = paths.get(apiVersion);
    return path !== undefined && hasPath(fields, path);
  });
  const fields = setOfPaths(IN_SCALE);
  return writeManagedFields(new Map(owners.map(([id, owner]) => [id, { ...owner, apiVersion: SCALE_VERSION, fields }])));
}

/** The owners of the scaled object after its Scale was written; `apiVersion` is the object's. Source: managedfields ScaleHandler ToParent. */
export function parentEntries(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  { apiVersion, paths }: { apiVersion: string; paths: ReplicasPaths },
): ManagedFieldsEntry[] | undefined {
  const scaled = new Map<string, Owner>();
  for (const owner of trustManagedFields(scale).values()) {
    const moved = { ...owner, apiVersion };
    if (hasPath(owner.fields, IN_SCALE)) scaled.set(ownerId(moved), moved);
  }
  const owners = new Map<string, Owner>();
  for (const [id, owner] of trustManagedFields(parent)) {
    const path = paths.get(owner.apiVersion);
    const still = scaled.get(ownerId({ ...owner, apiVersion }));
    const left = path === undefined || still !== undefined ? owner.fields : difference(owner.fields, setOfPaths(path));
    if (!isEmptySet(left)) owners.set(id, { ...owner, fields: left });
  }
  const path = paths.get(apiVersion);
  if (path === undefined) return writeManagedFields(owners);
  for (const [id, owner] of scaled) {
    const known = owners.get(id);
    owners.set(id, { ...owner, fields: union(known?.fields ?? EMPTY_SET, setOfPaths(path)) });
  }
  return writeManagedFields(owners);
}
