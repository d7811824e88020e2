import type { Node, Pod as PodObject } from '../../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { readyStatus } from '../node-lifecycle/node-conditions.ts';
import { deletePod, markDisrupted } from '../pods/disrupt-pod.ts';
import { isPodTerminal, type Pod } from '../pods/pod-state.ts';
import { planPodGc } from './plan-pod-gc.ts';

export interface PodGcDeps {
  client: ApiClient;
  clock: Clock;
  nodes: Informer<Node>;
  pods: Informer<PodObject>;
  terminatedThreshold: number;
}

/** The one key: every round looks at all pods. */
const ALL = 'pods';
/** Shortest time between rounds, and how long a node must be gone before its pods are, ms. Source: kubernetes podgc gcCheckPeriod, quarantineTime. */
const PERIOD_MS = 20_000;
const QUARANTINE_MS = 40_000;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Removes pods that nobody else would: on nodes that are gone, deleted before they were scheduled, ended and too many. Idle while there are none. */
export class PodGcController implements Reconciler {
  readonly name = 'pod-garbage-collector-controller';
  readonly #deps: PodGcDeps;
  /** Node that is not in the cache → since when, ms. */
  readonly #missing = new Map<string, number>();

  constructor(deps: PodGcDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    const { nodes, pods } = this.#deps;
    const soon = (): void => queue.addAfter(ALL, PERIOD_MS);
    pods.onChange((pod, { type }) => {
      if (type !== 'deleted' && this.#concerns(pod)) soon();
    });
    nodes.onChange((node, { type }) => {
      if (type === 'deleted' || isOutOfService(node)) soon();
    });
  }

  async reconcile(_key: string, context: ReconcileContext): Promise<void> {
    const { client, clock, nodes, pods, terminatedThreshold } = this.#deps;
    const gone = await this.#goneNodes(context);
    const plan = planPodGc({
      pods: pods.list(),
      isNodeGone: (name) => gone.has(name),
      isNodeOutOfService: (name) => isOutOfService(nodes.get(name)),
      terminatedThreshold,
    });
    const { signal, log } = context;
    for (const pod of plan.orphaned) {
      log.info({ node: pod.spec.nodeName, uid: pod.metadata.uid }, 'removing a pod whose node is gone');
      const phase = isPodTerminal(pod) ? {} : { phase: 'Failed' as const };
      await markDisrupted(
        client,
        pod,
        { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists', ...phase, now: clock.now() },
        signal,
      );
      await deletePod(client, pod, { gracePeriodSeconds: 0 }, signal);
    }
    for (const pod of [...plan.stuck, ...plan.terminated]) await deletePod(client, pod, { gracePeriodSeconds: 0 }, signal);
  }

  #concerns(pod: Pod): boolean {
    const { nodes, terminatedThreshold } = this.#deps;
    const { nodeName } = pod.spec;
    if (nodeName && nodes.get(nodeName) === undefined) return true;
    if (pod.metadata.deletionTimestamp !== undefined) return !nodeName || isOutOfService(nodes.get(nodeName));
    return terminatedThreshold > 0 && isPodTerminal(pod);
  }

  /** Nodes missing long enough that the API server does not know either. */
  async #goneNodes(context: ReconcileContext): Promise<Set<string>> {
    const { client, clock, nodes, pods } = this.#deps;
    const now = clock.monotonic();
    const bound = new Set(pods.list().map(({ spec }) => spec.nodeName));
    for (const name of this.#missing.keys()) if (!bound.has(name) || nodes.get(name) !== undefined) this.#missing.delete(name);
    const gone = new Set<string>();
    for (const name of bound) {
      if (!name || nodes.get(name) !== undefined) continue;
      const since = this.#missing.get(name) ?? now;
      this.#missing.set(name, since);
      const waitMs = since + QUARANTINE_MS - now;
      if (waitMs > 0) context.requeueAfter(waitMs);
      else if (await this.#isGone(client, name, context.signal)) gone.add(name);
    }
    return gone;
  }

  async #isGone(client: ApiClient, name: string, signal: AbortSignal): Promise<boolean> {
    try {
      await client.get('nodes', name, signal);
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  }
}

function isOutOfService(node: Parameters<typeof readyStatus>[0] | undefined): boolean {
  return node !== undefined && readyStatus(node) !== 'True' && node.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true;
}
