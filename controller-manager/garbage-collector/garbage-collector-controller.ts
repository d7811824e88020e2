import type { DeepReadonly, KubeObject, OwnerReference, UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { linkedAbort } from '../../shared/client/linked-abort.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { keyOf, objectKey } from '../../shared/machinery/object-key.ts';
import { ignoringNotFound } from '../ignoring-not-found.ts';
import { FOREGROUND_FINALIZER, type GraphNode, type ObjectIdentity, ORPHAN_FINALIZER, OwnershipGraph } from './ownership-graph.ts';
import { type OwnerState, planCollection } from './plan-collection.ts';
import { type MonitorDeps, ResourceMonitors } from './resource-monitors.ts';

/** Wait before looking again at an object that no watch has shown yet, ms. */
const UNKNOWN_RETRY_MS = 30_000;
/** Longest wait for the first lists, ms. Source: kubernetes garbage collector initialSyncTimeout. */
const SYNC_MS = 30_000;

interface Target {
  node: GraphNode;
  resource: ResourceInfo;
  /** As the API server has it now. */
  object: UntypedObject;
}

/** Deletes what has lost all its owners, and carries out foreground deletion and orphaning. Its keys are uids. */
export class GarbageCollectorController implements Reconciler {
  readonly name = 'garbage-collector-controller';
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #graph: OwnershipGraph;
  readonly #monitors: ResourceMonitors;
  #queue: WorkQueue | undefined;

  constructor(deps: MonitorDeps) {
    this.#client = deps.client;
    this.#clock = deps.clock;
    const isNamespaced = (apiVersion: string, kind: string): boolean => this.#monitors.resourceOf(apiVersion, kind)?.namespaced ?? true;
    this.#graph = new OwnershipGraph((uid) => this.#queue?.add(uid), isNamespaced);
    this.#monitors = new ResourceMonitors(this.#graph, deps);
  }

  wakeOn(queue: WorkQueue): void {
    this.#queue = queue;
  }

  /** Follows all resources; must run beside the reconciler. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#monitors.run(signal);
  }

  /** Acting on half a graph would release owners too early; but a resource that cannot be listed must not stop all collection. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    const inTime = linkedAbort(signal);
    await Promise.race([this.#monitors.whenSynced(), this.#clock.sleep(SYNC_MS, inTime.signal)]);
    inTime.abort();
    inTime.unlink();
  }

  async reconcile(uid: string, context: ReconcileContext): Promise<void> {
    const node = this.#graph.get(uid);
    if (node === undefined || (node.beingDeleted && !node.deletingDependents && !node.orphaning)) return;
    const resource = this.#monitors.resourceOf(node.identity.apiVersion, node.identity.kind);
    if (resource === undefined) return context.requeueAfter(UNKNOWN_RETRY_MS);
    const object = await this.#read(resource, node.identity, context.signal);
    if (object?.metadata.uid !== uid) return this.#graph.remove(uid);
    if (node.virtual) return context.requeueAfter(UNKNOWN_RETRY_MS); // it exists: its own watch tells the rest
    const target: Target = { node, resource, object };
    if (node.orphaning) await this.#orphanDependents(target, context.signal);
    else if (node.deletingDependents) await this.#finishForeground(target, context.signal);
    else if (object.metadata.deletionTimestamp === undefined) await this.#collect(target, context);
  }

  async #collect({ node, resource, object }: Target, context: ReconcileContext): Promise<void> {
    const { signal } = context;
    const references = object.metadata.ownerReferences ?? [];
    const ownerStates = await Promise.all(
      references.map(async (reference) => ({ reference, state: await this.#ownerState(node, reference, signal) })),
    );
    const plan = planCollection({ object, ownerStates, dependents: [...(node.dependents ?? [])] });
    if (plan.action === 'keep') return;
    if (plan.action === 'drop-references') return this.#dropReferences(resource, object, plan.uids, signal);
    if (plan.unblock) {
      const ownerReferences = references.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
      await this.#patchMetadata(resource, object, { ownerReferences }, signal);
    }
    context.log.debug({ kind: resource.kind, propagationPolicy: plan.propagationPolicy }, 'deleting an object that lost its owners');
    const options = { propagationPolicy: plan.propagationPolicy, preconditions: { uid: node.uid } };
    await ignoringNotFound(this.#client.delete(resource, keyOf(object), options, signal));
  }

  /** Releases an owner once nothing blocks it any more. */
  async #finishForeground({ node, resource, object }: Target, signal: AbortSignal): Promise<void> {
    const blocking = this.#graph.blockingDependents(node);
    for (const { uid, beingDeleted } of blocking) if (!beingDeleted) this.#queue?.add(uid);
    if (blocking.length > 0 || object.metadata.finalizers?.includes(FOREGROUND_FINALIZER) !== true) return;
    await this.#dropFinalizer(resource, object, FOREGROUND_FINALIZER, signal);
  }

  async #orphanDependents({ node, resource, object }: Target, signal: AbortSignal): Promise<void> {
    await Promise.all(
      [...(node.dependents ?? [])].map(async ({ identity, uid }) => {
        const dependentResource = this.#monitors.resourceOf(identity.apiVersion, identity.kind);
        if (dependentResource === undefined) throw new Error(`no resource serves ${identity.apiVersion} ${identity.kind}`);
        const dependent = await this.#read(dependentResource, identity, signal);
        if (dependent?.metadata.uid === uid) await this.#dropReferences(dependentResource, dependent, [node.uid], signal);
      }),
    );
    await this.#dropFinalizer(resource, object, ORPHAN_FINALIZER, signal);
  }

  async #ownerState(dependent: GraphNode, reference: DeepReadonly<OwnerReference>, signal: AbortSignal): Promise<OwnerState> {
    const owner = this.#graph.get(reference.uid);
    if (owner !== undefined && !owner.virtual && this.#graph.refersTo(dependent, reference, owner))
      return owner.deletingDependents ? 'waiting-for-dependents' : 'present';
    const identity = this.#graph.ownerIdentity(dependent, reference);
    if (this.#graph.wasRemoved(reference.uid, identity)) return 'absent';
    const resource = this.#monitors.resourceOf(reference.apiVersion, reference.kind);
    // A kind that nobody serves may be served again, and an owner in a namespace cannot be meant by an object without one.
    if (resource === undefined || (resource.namespaced && identity.namespace === '')) return 'present';
    const object = await this.#read(resource, identity, signal);
    if (object?.metadata.uid !== reference.uid) return 'absent';
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND_FINALIZER) ? 'waiting-for-dependents' : 'present';
  }

  async #read(resource: ResourceInfo, { namespace, name }: ObjectIdentity, signal: AbortSignal): Promise<UntypedObject | undefined> {
    try {
      return await this.#client.get(resource, objectKey(namespace, name), signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #dropReferences(resource: ResourceInfo, object: UntypedObject, uids: readonly string[], signal: AbortSignal): Promise<void> {
    const references = object.metadata.ownerReferences ?? [];
    const ownerReferences = references.filter(({ uid }) => !uids.includes(uid));
    if (ownerReferences.length < references.length) await this.#patchMetadata(resource, object, { ownerReferences }, signal);
  }

  async #dropFinalizer(resource: ResourceInfo, object: UntypedObject, finalizer: string, signal: AbortSignal): Promise<void> {
    const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    await this.#patchMetadata(resource, object, { finalizers }, signal);
  }

  /** Only if the object is still as it was read: lists are replaced as a whole. */
  async #patchMetadata(
    resource: ResourceInfo,
    object: UntypedObject,
    change: Partial<KubeObject['metadata']>,
    signal: AbortSignal,
  ): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    await ignoringNotFound(
      this.#client.patch(resource, keyOf(object), { metadata: { uid, resourceVersion, ...change } }, { type: 'merge' }, signal),
    );
  }
}
