import type { Lease } from '../../shared/api/generated/coordination-v1.ts';
import type { Node as NodeObject, Pod as PodObject } from '../../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { type Clock, timestamp } from '../../shared/machinery/clock.ts';
import { keyOf, type ObjectKey } from '../../shared/machinery/object-key.ts';
import { ignoringNotFound } from '../ignoring-not-found.ts';
import { NODE_NAME_INDEX } from '../node-name-index.ts';
import { podCondition } from '../pods/pod-state.ts';
import { type Node, readyStatus, silenceLeftMs, silentNodeConditions } from './node-conditions.ts';
import { evictionTaintKey, planTaints } from './plan-taints.ts';
import { type EvictionRates, evictionRate, zoneOf } from './zone-state.ts';

export interface NodeLifecycleDeps {
  client: ApiClient;
  clock: Clock;
  recorder: EventRecorder;
  nodes: Informer<NodeObject>;
  /** Those of namespace kube-node-lease. */
  leases: Informer<Lease>;
  /** With `nodeNameIndex`. */
  pods: Informer<PodObject>;
  monitorPeriodMs: number;
  graceMs: number;
  startupGraceMs: number;
  rates: EvictionRates;
}

/** Declares nodes unknown whose kubelet is silent, and taints nodes by their conditions. */
export class NodeLifecycleController implements Reconciler {
  readonly name = 'node-lifecycle-controller';
  readonly #deps: NodeLifecycleDeps;
  /** Node → last sign of life, ms of the monotonic clock. */
  readonly #heartbeats = new Map<string, number>();
  /** Zone → when the next node of it may be tainted for eviction. */
  readonly #nextEviction = new Map<string, number>();
  #queue: WorkQueue | undefined;

  constructor(deps: NodeLifecycleDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    this.#queue = queue;
    const { nodes, leases, clock } = this.#deps;
    leases.onChange(({ metadata, spec }, { type, previous }) => {
      if (type !== 'deleted' && previous?.spec?.renewTime !== spec?.renewTime) this.#heartbeats.set(metadata.name, clock.monotonic());
    });
    nodes.onChange((node, { type, previous }) => {
      const { name } = node.metadata;
      if (type === 'added') this.#record(node, 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
      if (type === 'deleted') {
        this.#heartbeats.delete(name);
        this.#record(node, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
      } else if (previous === undefined || heartbeatOf(node) !== heartbeatOf(previous)) this.#heartbeats.set(name, clock.monotonic());
      if (type !== 'deleted' && (previous === undefined || planTaints(node, { evict: true, now: 0 }) !== undefined)) queue.add(name);
      // How many nodes are ready decides whether the others are evicted.
      if (previous !== undefined && readyStatus(node) !== readyStatus(previous))
        for (const other of nodes.list()) if (evictionTaintKey(other) !== undefined) queue.add(keyOf(other));
    });
  }

  /** Looks for silent nodes; must run beside the reconciler. */
  async run(signal: AbortSignal): Promise<void> {
    const { nodes, clock, monitorPeriodMs } = this.#deps;
    while (!signal.aborted) {
      await clock.sleep(monitorPeriodMs, signal);
      for (const node of nodes.list()) if (this.#isSilent(node) && readyStatus(node) !== 'Unknown') this.#queue?.add(keyOf(node));
    }
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<void> {
    const { client, nodes, clock } = this.#deps;
    let node: Node | undefined = nodes.get(key);
    if (node === undefined || node.metadata.deletionTimestamp !== undefined) return;
    if (this.#isSilent(node)) {
      const conditions = silentNodeConditions({ node }, clock.now());
      if (conditions !== undefined) {
        const wasReady = readyStatus(node) === 'True';
        node = await client.updateStatus('nodes', { ...node, status: { ...node.status, conditions } }, context.signal);
        if (wasReady) this.#record(node, 'NodeNotReady', `Node ${key} status is now: NodeNotReady`);
      }
    }
    const evict = this.#mayEvict(node, context);
    const taints = planTaints(node, { evict, now: clock.now() });
    if (taints !== undefined) {
      const { resourceVersion } = node.metadata;
      await client.patch('nodes', key, { metadata: { resourceVersion }, spec: { taints } }, { type: 'merge' }, context.signal);
    }
    if (readyStatus(node) === 'Unknown') await this.#markPodsNotReady(key, context.signal);
  }

  #isSilent(node: Node): boolean {
    const { clock, graceMs, startupGraceMs } = this.#deps;
    const now = clock.monotonic();
    return silenceLeftMs({ node, heartbeatAt: this.#heartbeats.get(node.metadata.name) ?? now, now, graceMs, startupGraceMs }) <= 0;
  }

  /** A taint that is there already stays as long as evicting is right; new ones are given out at the zone's rate. */
  #mayEvict(node: Node, context: ReconcileContext): boolean {
    const { nodes, clock, rates } = this.#deps;
    const key = evictionTaintKey(node);
    if (key === undefined) return false;
    const others = nodes.list().filter(({ metadata }) => metadata.name !== node.metadata.name);
    const perSecond = evictionRate(node, [...others, node], rates);
    const isTainted = node.spec.taints?.some((taint) => taint.key === key && taint.effect === 'NoExecute') === true;
    if (perSecond === 0) return false;
    if (isTainted) return true;
    const now = clock.monotonic();
    const waitMs = (this.#nextEviction.get(zoneOf(node)) ?? now) - now;
    if (waitMs > 0) {
      context.requeueAfter(waitMs);
      return false;
    }
    this.#nextEviction.set(zoneOf(node), now + 1000 / perSecond);
    return true;
  }

  /** Services must not send traffic to pods that nobody can vouch for. */
  async #markPodsNotReady(nodeName: string, signal: AbortSignal): Promise<void> {
    const { client, clock, pods, recorder } = this.#deps;
    for (const pod of pods.byIndex(NODE_NAME_INDEX, nodeName)) {
      const ready = podCondition(pod, 'Ready');
      if (ready?.status !== 'True') continue;
      const condition = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(clock.now()) };
      const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
      recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
      await ignoringNotFound(client.patch('pods', keyOf(pod), patch, { type: 'strategic', subresource: 'status' }, signal));
    }
  }

  #record(node: Node, reason: string, message: string): void {
    this.#deps.recorder.event(node, 'Normal', reason, message);
  }
}

function heartbeatOf(node: Node): string {
  return (node.status?.conditions ?? []).map(({ lastHeartbeatTime, status }) => `${lastHeartbeatTime} ${status}`).join();
}
