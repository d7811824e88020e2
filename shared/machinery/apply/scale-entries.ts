import { difference, hasPath, isEmptySet, setOfPaths } from './field-set.ts';
import { type ManagedFieldsEntry, type Owner, type Owners, ownerId, trustManagedFields, writeManagedFields } from './managed-fields.ts';
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
  const scaled = new Map([...trustManagedFields(scale).values()].filter(({ fields }) => hasPath(fields, IN_SCALE)).map(asParent));
  const owners = new Map<string, Owner>();
  for (const [id, owner] of trustManagedFields(parent)) {
    const path = paths.get(owner.apiVersion);
    const same = ownerId({ ...owner, apiVersion });
    if (path === undefined || !hasPath(owner.fields, path)) owners.set(id, owner);
    else if (scaled.delete(same)) owners.set(id, owner);
    else {
      const left = difference(owner.fields, setOfPaths(path));
      if (!isEmptySet(left)) owners.set(id, { ...owner, fields: left });
    }
  }
  const path = paths.get(apiVersion);
  if (path !== undefined) for (const [id, owner] of scaled) addReplicas(owners, id, { ...owner, fields: setOfPaths(path) });
  return writeManagedFields(owners);

  function asParent(owner: Owner): [string, Owner] {
    const moved = { ...owner, apiVersion };
    return [ownerId(moved), moved];
  }
}

/** Somebody who owns other fields of the object as the same owner keeps those. */
function addReplicas(owners: Map<string, Owner>, id: string, owner: Owner): void {
  const known = owners.get(id);
  owners.set(id, known === undefined ? owner : { ...known, time: owner.time, fields: { ...known.fields, ...unionOf(known, owner) } });
}

function unionOf(known: Owners extends ReadonlyMap<string, infer O> ? O : never, owner: Owner): Owner['fields'] {
  return { ...known.fields, ...owner.fields };
}
