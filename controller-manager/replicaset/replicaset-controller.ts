import { isDeepStrictEqual } from 'node:util';
import type { Pod as PodObject } from '../../shared/api/generated/core-v1.ts';
import { controllerOf } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import { claimObjects } from '../../shared/controller/adoption.ts';
import type { PodWriter } from '../../shared/controller/pod-writer.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { slowStart } from '../../shared/controller/slow-start.ts';
import { isNamespaceTerminating } from '../../shared/machinery/api-error.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { matchesLabelSelector, selectorMatches, selectorOf } from '../../shared/machinery/label-selector.ts';
import { keyOf, type ObjectKey, objectKey } from '../../shared/machinery/object-key.ts';
import { ORPHANS_INDEX } from '../orphans-index.ts';
import { isPodActive, type Pod } from '../pods/pod-state.ts';
import { planReplicas, type ReplicaSet, type ReplicasPlan, replicaSetStatus } from './plan-replicas.ts';
import { podFromTemplate } from './pod-from-template.ts';
import type { ReplicaSetSource } from './replica-set-source.ts';

export interface ReplicaSetDeps {
  client: ApiClient;
  clock: Clock;
  writer: PodWriter;
  sets: ReplicaSetSource;
  /** With `orphansIndex`. */
  pods: Informer<PodObject>;
}

type Failure = { reason: 'FailedCreate' | 'FailedDelete'; message: string; error: unknown };

/** Keeps the live pods of each set at `spec.replicas`, adopts and releases pods by its selector, and reports their state. */
export class ReplicaSetController implements Reconciler {
  readonly name: string;
  readonly #deps: ReplicaSetDeps;

  constructor(deps: ReplicaSetDeps) {
    this.#deps = deps;
    this.name = deps.sets.controllerName;
  }

  wakeOn(queue: WorkQueue): void {
    const { sets, pods } = this.#deps;
    sets.onChange((set) => queue.add(keyOf(set)));
    pods.onChange((pod, { previous }) => {
      const owner = this.#ownerKey(pod);
      const before = previous === undefined ? undefined : this.#ownerKey(previous);
      if (owner !== undefined) queue.add(owner);
      if (before !== undefined && before !== owner) queue.add(before);
      if (controllerOf(pod) === undefined && pod.metadata.deletionTimestamp === undefined)
        for (const set of sets.list(pod.metadata.namespace))
          if (matchesLabelSelector(set.spec.selector, pod.metadata.labels)) queue.add(keyOf(set));
    });
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<void> {
    const { sets, writer, clock } = this.#deps;
    const set = sets.get(key);
    if (set === undefined) return writer.forget(key); // the garbage collector removes the pods
    if (!writer.settled(key)) return; // what was written comes back as an event, and wakes us
    const claimed = await this.#claimPods(set, context.signal);
    const related = claimed.filter(isPodActive).length > (set.spec.replicas ?? 1) ? this.#relatedPods(set) : [];
    const plan = planReplicas(set, claimed, related, clock.now());
    const failure = await this.#carryOut(key, set, plan, context.signal);
    if (failure === undefined && plan.create + plan.remove.length > 0) return; // the pods' events bring us back to report
    const { status, nextCheckMs } = replicaSetStatus({ set, pods: claimed, now: clock.now(), failure });
    if (!isDeepStrictEqual(status, set.status)) await sets.writeStatus(set, status, context.signal);
    if (failure !== undefined) throw failure.error;
    if (nextCheckMs !== undefined) context.requeueAfter(nextCheckMs);
  }

  async #claimPods(set: ReplicaSet, signal: AbortSignal): Promise<Pod[]> {
    const { client, sets, pods } = this.#deps;
    const selector = selectorOf(set.spec.selector);
    const objects = [...pods.byController(set.metadata.uid), ...pods.byIndex(ORPHANS_INDEX, set.metadata.namespace ?? '')];
    const { apiVersion, kind } = sets;
    const readFresh = (): Promise<ReplicaSet> => sets.read(keyOf(set), signal);
    const matches = (labels: Readonly<Record<string, string>>): boolean => selectorMatches(selector, labels);
    return claimObjects({ client, resource: 'pods', objects, controller: set, apiVersion, kind, matches, readFresh }, signal);
  }

  async #carryOut(key: ObjectKey, set: ReplicaSet, { create, remove }: ReplicasPlan, signal: AbortSignal): Promise<Failure | undefined> {
    const { writer, sets } = this.#deps;
    if (create > 0) {
      const pod = podFromTemplate(set.spec.template, set, sets);
      const { error } = await slowStart(create, () => writer.create(key, pod, signal));
      return error === undefined || isNamespaceTerminating(error) ? undefined : failed('FailedCreate', error);
    }
    const results = await Promise.allSettled(remove.map((pod) => writer.remove(key, pod, signal)));
    const rejected = results.find((result) => result.status === 'rejected');
    return rejected === undefined ? undefined : failed('FailedDelete', rejected.reason);
  }

  /** The pods of all sets with the same owner, such as a deployment's old and new ones. */
  #relatedPods(set: ReplicaSet): Pod[] {
    const { sets, pods } = this.#deps;
    const owner = controllerOf(set)?.uid;
    const related = owner === undefined ? [set] : sets.list(set.metadata.namespace).filter((other) => controllerOf(other)?.uid === owner);
    return related.flatMap((other) => pods.byController(other.metadata.uid));
  }

  #ownerKey(pod: Pod): ObjectKey | undefined {
    const owner = controllerOf(pod);
    return owner?.kind === this.#deps.sets.kind ? objectKey(pod.metadata.namespace, owner.name) : undefined;
  }
}

function failed(reason: Failure['reason'], error: unknown): Failure {
  return { reason, message: error instanceof Error ? error.message : String(error), error };
}
