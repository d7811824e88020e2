import { isDeepStrictEqual } from 'node:util';
import type { Deployment, ReplicaSet, StatefulSet } from '../../shared/api/generated/apps-v1.ts';
import type { Pod as PodObject, ReplicationController } from '../../shared/api/generated/core-v1.ts';
import type { PodDisruptionBudget as PodDisruptionBudgetObject } from '../../shared/api/generated/policy-v1.ts';
import { controllerOf } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { matchesLabelSelector } from '../../shared/machinery/label-selector.ts';
import { keyOf, type ObjectKey, objectKey } from '../../shared/machinery/object-key.ts';
import type { Pod } from '../pods/pod-state.ts';
import { type PodDisruptionBudget, planDisruption } from './plan-disruption.ts';

export interface DisruptionDeps {
  client: ApiClient;
  clock: Clock;
  recorder: EventRecorder;
  budgets: Informer<PodDisruptionBudgetObject>;
  pods: Informer<PodObject>;
  replicaSets: Informer<ReplicaSet>;
  deployments: Informer<Deployment>;
  statefulSets: Informer<StatefulSet>;
  replicationControllers: Informer<ReplicationController>;
}

/** Keeps in each PodDisruptionBudget's status how many of its pods may be evicted. */
export class DisruptionController implements Reconciler {
  readonly name = 'disruption-controller';
  readonly #deps: DisruptionDeps;

  constructor(deps: DisruptionDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    const { budgets, pods } = this.#deps;
    budgets.onChange((budget, { type }) => {
      if (type !== 'deleted') queue.add(keyOf(budget));
    });
    pods.onChange((pod, { previous }) => {
      for (const budget of budgets.list(pod.metadata.namespace))
        if (selects(budget, pod) || (previous !== undefined && selects(budget, previous))) queue.add(keyOf(budget));
    });
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<void> {
    const { client, clock, recorder, budgets, pods } = this.#deps;
    const budget = budgets.get(key);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return;
    const selected = pods.list(budget.metadata.namespace).filter((pod) => selects(budget, pod));
    if (selected.length === 0) recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const plan = planDisruption({ budget, pods: selected, expectedScale: () => this.#expectedScale(selected), now: clock.now() });
    for (const pod of plan.notDeleted)
      recorder.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${key} to be deleted but it wasn't`);
    if (!isDeepStrictEqual(plan.status, budget.status))
      await client.updateStatus('poddisruptionbudgets', { ...budget, status: plan.status }, context.signal);
    if (plan.recheckMs !== undefined) context.requeueAfter(plan.recheckMs);
  }

  /** Pods without a controller do not count: nobody would replace them. */
  #expectedScale(pods: readonly Pod[]): number | Error {
    const scales = new Map<string, number>();
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (owner === undefined || scales.has(owner.uid)) continue;
      const scale = this.#scaleOf(owner.kind, objectKey(pod.metadata.namespace, owner.name));
      if (scale === undefined) return new Error(`found no controllers for pod "${pod.metadata.name}"`);
      scales.set(scale.uid, scale.replicas);
    }
    return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  }

  /** A set of a deployment counts as its deployment. */
  #scaleOf(kind: string, key: ObjectKey): { uid: string; replicas: number } | undefined {
    const { replicaSets, deployments, statefulSets, replicationControllers } = this.#deps;
    const owners = {
      ReplicaSet: replicaSets,
      Deployment: deployments,
      StatefulSet: statefulSets,
      ReplicationController: replicationControllers,
    };
    if (!isScalable(kind, owners)) return undefined;
    const object = owners[kind].get(key);
    if (object === undefined) return undefined;
    const above = kind === 'ReplicaSet' ? controllerOf(object) : undefined;
    const deployment =
      above?.kind === 'Deployment' ? this.#scaleOf('Deployment', objectKey(object.metadata.namespace, above.name)) : undefined;
    return deployment ?? { uid: object.metadata.uid, replicas: object.spec.replicas ?? 1 };
  }
}

function isScalable<T extends object>(kind: string, owners: T): kind is Extract<keyof T, string> {
  return Object.hasOwn(owners, kind);
}

function selects({ spec }: PodDisruptionBudget, { metadata }: Pod): boolean {
  return matchesLabelSelector(spec.selector, metadata.labels);
}
