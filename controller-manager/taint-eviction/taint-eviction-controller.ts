import { isDeepStrictEqual } from 'node:util';
import type { Node, Pod as PodObject } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { keyOf, type ObjectKey } from '../../shared/machinery/object-key.ts';
import { NODE_NAME_INDEX } from '../node-name-index.ts';
import { deletePod, markDisrupted } from '../pods/disrupt-pod.ts';
import { isPodActive } from '../pods/pod-state.ts';
import { evictionDelayMs } from './plan-eviction.ts';

export interface TaintEvictionDeps {
  client: ApiClient;
  clock: Clock;
  recorder: EventRecorder;
  nodes: Informer<Node>;
  /** With `nodeNameIndex`. */
  pods: Informer<PodObject>;
}

/** Deletes pods that do not tolerate, or no longer tolerate, a NoExecute taint of their node. */
export class TaintEvictionController implements Reconciler {
  readonly name = 'taint-eviction-controller';
  readonly #deps: TaintEvictionDeps;
  /** Pods whose time on a tainted node runs out, for the event when it does not after all. */
  readonly #waiting = new Set<ObjectKey>();

  constructor(deps: TaintEvictionDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    const { nodes, pods } = this.#deps;
    nodes.onChange((node, { previous }) => {
      if (isDeepStrictEqual(evictingTaints(node), evictingTaints(previous))) return;
      for (const pod of pods.byIndex(NODE_NAME_INDEX, node.metadata.name)) queue.add(keyOf(pod));
    });
    pods.onChange((pod, { type }) => {
      if (type === 'deleted') this.#waiting.delete(keyOf(pod));
      else if (pod.spec.nodeName && evictingTaints(nodes.get(pod.spec.nodeName)).length > 0) queue.add(keyOf(pod));
    });
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<void> {
    const { client, clock, nodes, pods, recorder } = this.#deps;
    const pod = pods.get(key);
    if (pod === undefined || !isPodActive(pod) || !pod.spec.nodeName) return;
    const delayMs = evictionDelayMs(evictingTaints(nodes.get(pod.spec.nodeName)), pod.spec.tolerations ?? [], clock.now());
    if (delayMs === undefined) {
      if (this.#waiting.delete(key)) recorder.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
      return;
    }
    if (delayMs > 0) {
      this.#waiting.add(key);
      return context.requeueAfter(delayMs);
    }
    this.#waiting.delete(key);
    recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
    const message = 'Taint manager: deleting due to NoExecute taint';
    await markDisrupted(client, pod, { reason: 'DeletionByTaintManager', message, now: clock.now() }, context.signal);
    await deletePod(client, pod, {}, context.signal);
  }
}

function evictingTaints(node: DeepReadonly<Node> | undefined): NonNullable<DeepReadonly<Node>['spec']['taints']> {
  return (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}
