import type { DeepReadonly, KubeObject, OwnerReference } from '../../shared/api/meta.ts';

/** Which object: enough to read and delete it. */
export interface ObjectIdentity {
  apiVersion: string;
  kind: string;
  /** '' for objects without a namespace. */
  namespace: string;
  name: string;
}

/** What the graph keeps of an object. */
export interface GraphNode {
  readonly uid: string;
  identity: ObjectIdentity;
  owners: readonly DeepReadonly<OwnerReference>[];
  /** Allocated with the first one: most objects own nothing. */
  dependents: Set<GraphNode> | undefined;
  beingDeleted: boolean;
  /** Waits in foreground deletion for its dependents. */
  deletingDependents: boolean;
  /** Being deleted, and its dependents are to stay. */
  orphaning: boolean;
  /** Known only from a dependent's reference: it may not exist. */
  virtual: boolean;
}

export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';
/** Removed objects that are remembered. Source: kubernetes garbagecollector absentOwnerCache. */
const ABSENT_OWNERS = 500;
const NO_OWNERS: readonly DeepReadonly<OwnerReference>[] = [];

/**
 * Who owns whom, of all objects in the cluster. `observe` and `remove` follow the watches and call `wake` with the uid of each object
 * that may have to be deleted, orphaned or released because of the change. Source: kubernetes garbagecollector GraphBuilder.
 */
export class OwnershipGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #absent = new Set<string>();
  readonly #wake: (uid: string) => void;
  readonly #isNamespaced: (apiVersion: string, kind: string) => boolean;

  constructor(wake: (uid: string) => void, isNamespaced: (apiVersion: string, kind: string) => boolean) {
    this.#wake = wake;
    this.#isNamespaced = isNamespaced;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** An object was added or changed. Its `apiVersion` and `kind` are those of `identity`. */
  observe({ metadata }: DeepReadonly<KubeObject>, identity: ObjectIdentity): void {
    const { uid, deletionTimestamp, finalizers } = metadata;
    const owners = metadata.ownerReferences === undefined || metadata.ownerReferences.length === 0 ? NO_OWNERS : metadata.ownerReferences;
    const known = this.#nodes.get(uid);
    const node = known ?? this.#insert(uid, identity, { virtual: false });
    if (node.virtual) this.#makeReal(node, identity);
    if (owners !== NO_OWNERS || node.owners !== NO_OWNERS) this.#setOwners(node, owners);
    node.beingDeleted = deletionTimestamp !== undefined;
    node.orphaning = node.beingDeleted && finalizers?.includes(ORPHAN_FINALIZER) === true;
    const waited = node.deletingDependents;
    node.deletingDependents = node.beingDeleted && finalizers?.includes(FOREGROUND_FINALIZER) === true;
    if (node.deletingDependents && !waited) this.#wakeDependents(node);
    if (node.deletingDependents || node.orphaning) this.#wake(uid);
  }

  /** The object is gone, or never was. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    for (const { uid: ownerUid } of node.owners) {
      const owner = this.#nodes.get(ownerUid);
      if (owner === undefined) continue;
      this.#unlink(owner, node);
      if (owner.deletingDependents) this.#wake(ownerUid);
    }
    this.#nodes.delete(uid);
    this.#absent.add(absentKey(uid, node.identity));
    if (this.#absent.size > ABSENT_OWNERS) for (const oldest of this.#absent) if (this.#absent.delete(oldest)) break;
    this.#wakeDependents(node);
  }

  /** Whether this object was lately found to be gone; spares each of its dependents a look-up. */
  wasRemoved(uid: string, identity: ObjectIdentity): boolean {
    return this.#absent.has(absentKey(uid, identity));
  }

  /** Dependents whose reference blocks the deletion of `owner`. */
  blockingDependents(owner: GraphNode): GraphNode[] {
    return [...(owner.dependents ?? [])].filter(({ owners }) =>
      owners.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true),
    );
  }

  #insert(uid: string, identity: ObjectIdentity, { virtual }: { virtual: boolean }): GraphNode {
    const node = {
      uid,
      identity,
      owners: NO_OWNERS,
      dependents: undefined,
      beingDeleted: false,
      deletingDependents: false,
      orphaning: false,
      virtual,
    };
    this.#nodes.set(uid, node);
    return node;
  }

  /** Dependents that meant another object by this uid have to be looked at again. */
  #makeReal(node: GraphNode, identity: ObjectIdentity): void {
    const differs = !sameIdentity(node.identity, identity);
    node.identity = identity;
    node.virtual = false;
    if (differs) this.#wakeDependents(node);
  }

  #setOwners(node: GraphNode, owners: readonly DeepReadonly<OwnerReference>[]): void {
    const before = node.owners;
    node.owners = owners;
    for (const reference of owners) {
      const old = before.find(({ uid }) => uid === reference.uid);
      const owner = this.#nodes.get(reference.uid) ?? this.#insertVirtual(reference, node);
      owner.dependents ??= new Set();
      owner.dependents.add(node);
      if (old === undefined && (owner.deletingDependents || (!owner.virtual && !this.refersTo(node, reference, owner))))
        this.#wake(node.uid);
      if (old?.blockOwnerDeletion === true && reference.blockOwnerDeletion !== true && owner.deletingDependents) this.#wake(owner.uid);
    }
    for (const { uid } of before) {
      if (owners.some((reference) => reference.uid === uid)) continue;
      const owner = this.#nodes.get(uid);
      if (owner === undefined) continue;
      this.#unlink(owner, node);
      if (owner.deletingDependents) this.#wake(uid);
      if (owner.virtual && owner.dependents === undefined) this.#nodes.delete(uid);
    }
    if (before.some(({ uid }) => !owners.some((reference) => reference.uid === uid))) this.#wake(node.uid);
  }

  #insertVirtual(reference: DeepReadonly<OwnerReference>, dependent: GraphNode): GraphNode {
    const identity = this.ownerIdentity(dependent, reference);
    const node = this.#insert(reference.uid, identity, { virtual: true });
    this.#wake(node.uid); // somebody has to find out whether it exists
    return node;
  }

  /** The object that a reference means: owners in a namespace are in the dependent's. */
  ownerIdentity({ identity }: GraphNode, { apiVersion, kind, name }: DeepReadonly<OwnerReference>): ObjectIdentity {
    return { apiVersion, kind, name, namespace: this.#isNamespaced(apiVersion, kind) ? identity.namespace : '' };
  }

  /** Whether the reference means `owner`, and not another object by the same uid. */
  refersTo(dependent: GraphNode, reference: DeepReadonly<OwnerReference>, owner: GraphNode): boolean {
    return sameIdentity(this.ownerIdentity(dependent, reference), owner.identity);
  }

  #unlink(owner: GraphNode, dependent: GraphNode): void {
    owner.dependents?.delete(dependent);
    if (owner.dependents?.size === 0) owner.dependents = undefined;
  }

  #wakeDependents(node: GraphNode): void {
    for (const { uid } of node.dependents ?? []) this.#wake(uid);
  }
}

function absentKey(uid: string, { kind, namespace, name }: ObjectIdentity): string {
  return `${uid} ${kind} ${namespace}/${name}`;
}

/** Versions of one group are the same object. */
function sameIdentity(a: ObjectIdentity, b: ObjectIdentity): boolean {
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace && groupOf(a.apiVersion) === groupOf(b.apiVersion);
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
