import { isDeepStrictEqual } from 'node:util';
import type {
  Deployment as DeploymentObject,
  DeploymentStatus,
  ReplicaSet as ReplicaSetObject,
} from '../../shared/api/generated/apps-v1.ts';
import type { Pod as PodObject } from '../../shared/api/generated/core-v1.ts';
import { controllerOf, type DeepReadonly } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import { claimObjects } from '../../shared/controller/adoption.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { isAlreadyExists, isNamespaceTerminating } from '../../shared/machinery/api-error.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { matchesLabelSelector, selectorMatches, selectorOf } from '../../shared/machinery/label-selector.ts';
import { keyOf, type ObjectKey, objectKey } from '../../shared/machinery/object-key.ts';
import { ignoringNotFound } from '../ignoring-not-found.ts';
import { ORPHANS_INDEX } from '../orphans-index.ts';
import { isPodTerminal, type Pod } from '../pods/pod-state.ts';
import type { ReplicaSet } from '../replicaset/plan-replicas.ts';
import { deadlineCheckMs, hasProgressDeadline, setCondition } from './deployment-status.ts';
import { type DeploymentPlan, planDeployment } from './plan-deployment.ts';
import { type Deployment, isRollingUpdate, replicasOf } from './replica-sets.ts';
import { REVISION, scaleAnnotations } from './revision.ts';
import { equalIgnoringHash } from './template-hash.ts';

export interface DeploymentDeps {
  client: ApiClient;
  clock: Clock;
  recorder: EventRecorder;
  deployments: Informer<DeploymentObject>;
  /** With `orphansIndex`. */
  sets: Informer<ReplicaSetObject>;
  pods: Informer<PodObject>;
}

/** Moves each deployment's pods from old templates to the current one, by sizing one ReplicaSet a template. */
export class DeploymentController implements Reconciler {
  readonly name = 'deployment-controller';
  readonly #deps: DeploymentDeps;

  constructor(deps: DeploymentDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    const { deployments, sets, pods } = this.#deps;
    deployments.onChange((deployment) => queue.add(keyOf(deployment)));
    sets.onChange((set, { previous }) => {
      for (const key of new Set([ownerKey(set), previous && ownerKey(previous)])) if (key !== undefined) queue.add(key);
      if (controllerOf(set) === undefined && set.metadata.deletionTimestamp === undefined)
        for (const deployment of deployments.list(set.metadata.namespace))
          if (matchesLabelSelector(deployment.spec.selector, set.metadata.labels)) queue.add(keyOf(deployment));
    });
    pods.onChange((pod, { type }) => {
      if (type !== 'deleted' && !isPodTerminal(pod)) return;
      const set = controllerOf(pod);
      const key = set?.kind === 'ReplicaSet' ? ownerKey(sets.get(objectKey(pod.metadata.namespace, set.name))) : undefined;
      const deployment = key === undefined ? undefined : deployments.get(key);
      if (key !== undefined && deployment !== undefined && !isRollingUpdate(deployment)) queue.add(key);
    });
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<void> {
    const { deployments, pods, clock } = this.#deps;
    const deployment = deployments.get(key);
    if (deployment === undefined) return; // the garbage collector removes its sets
    if (selectsAll(deployment)) return this.#refuse(deployment);
    const sets = await this.#claimSets(deployment, context.signal);
    const setPods = isRollingUpdate(deployment) ? [] : sets.flatMap((set): Pod[] => pods.byController(set.metadata.uid));
    const plan = planDeployment({ deployment, sets, pods: setPods, now: clock.now() });
    if (plan.create !== undefined && !(await this.#create(deployment, plan.create, context.signal))) return;
    await this.#resize(deployment, plan, context.signal);
    await Promise.all(plan.remove.map((set) => this.#remove(set, context.signal)));
    await this.#writeStatus(deployment, plan.status, plan.revision, context.signal);
    const checkMs = deadlineCheckMs(deployment, plan.status, clock.now());
    if (checkMs !== undefined) context.requeueAfter(checkMs);
  }

  async #claimSets(deployment: Deployment, signal: AbortSignal): Promise<ReplicaSet[]> {
    const { client, sets } = this.#deps;
    const selector = selectorOf(deployment.spec.selector);
    const { uid, namespace = '' } = deployment.metadata;
    const options = {
      client,
      resource: 'replicasets' as const,
      objects: [...sets.byController(uid), ...sets.byIndex(ORPHANS_INDEX, namespace)],
      controller: deployment,
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      matches: (labels: Readonly<Record<string, string>>) => selectorMatches(selector, labels),
      readFresh: () => client.get('deployments', keyOf(deployment), signal),
    };
    return claimObjects(options, signal);
  }

  /** False if there is nothing more to do in this round. */
  async #create(deployment: Deployment, draft: NonNullable<DeploymentPlan['create']>, signal: AbortSignal): Promise<boolean> {
    const { client, recorder } = this.#deps;
    try {
      const set = await client.create('replicasets', draft, signal);
      if (replicasOf(set) > 0) this.#recordScaling(deployment, set.metadata.name, { from: 0, to: replicasOf(set) });
      return true;
    } catch (error) {
      if (isNamespaceTerminating(error)) return false;
      if (isAlreadyExists(error)) return this.#resolveNameClash(deployment, draft.metadata?.name ?? '', signal);
      const message = `Failed to create new replica set "${draft.metadata?.name ?? ''}": ${error instanceof Error ? error.message : String(error)}`;
      recorder.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
      if (hasProgressDeadline(deployment)) {
        const failure = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message };
        const conditions = setCondition(deployment.status?.conditions, failure, this.#deps.clock.now());
        await this.#writeStatus(deployment, { ...deployment.status, conditions }, undefined, signal);
      }
      throw error;
    }
  }

  /** The set may be ours and not in the cache yet; else the next hash must differ. */
  async #resolveNameClash(deployment: Deployment, name: string, signal: AbortSignal): Promise<boolean> {
    const set = await this.#deps.client.get('replicasets', objectKey(deployment.metadata.namespace, name), signal);
    const isOurs = controllerOf(set)?.uid === deployment.metadata.uid && equalIgnoringHash(set.spec.template, deployment.spec.template);
    if (isOurs) return true;
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    await this.#writeStatus(deployment, { ...deployment.status, collisionCount }, undefined, signal);
    return false;
  }

  async #resize(deployment: Deployment, { refresh, resize }: DeploymentPlan, signal: AbortSignal): Promise<void> {
    const { client } = this.#deps;
    const fresh = refresh === undefined ? undefined : await client.update('replicasets', refresh, signal);
    for (const { set: planned, replicas } of resize) {
      const set = planned.metadata.uid === fresh?.metadata.uid ? fresh : planned;
      const annotations = { ...set.metadata.annotations, ...scaleAnnotations(deployment) };
      await client.update('replicasets', { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } }, signal);
      if (replicas !== replicasOf(set)) this.#recordScaling(deployment, set.metadata.name, { from: replicasOf(set), to: replicas });
    }
  }

  async #remove(set: ReplicaSet, signal: AbortSignal): Promise<void> {
    await ignoringNotFound(this.#deps.client.delete('replicasets', keyOf(set), { preconditions: { uid: set.metadata.uid } }, signal));
  }

  async #writeStatus(
    deployment: Deployment,
    status: DeepReadonly<DeploymentStatus>,
    revision: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const annotations =
      revision === undefined ? deployment.metadata.annotations : { ...deployment.metadata.annotations, [REVISION]: revision };
    if (isDeepStrictEqual(status, deployment.status) && annotations?.[REVISION] === deployment.metadata.annotations?.[REVISION]) return;
    await this.#deps.client.updateStatus(
      'deployments',
      { ...deployment, metadata: { ...deployment.metadata, annotations }, status },
      signal,
    );
  }

  #recordScaling(deployment: Deployment, name: string, { from, to }: { from: number; to: number }): void {
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
    this.#deps.recorder.event(deployment, 'Normal', 'ScalingReplicaSet', message);
  }

  #refuse(deployment: Deployment): void {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    this.#deps.recorder.event(deployment, 'Warning', 'SelectingAll', message);
  }
}

function ownerKey(set: ReplicaSet | undefined): ObjectKey | undefined {
  const owner = set === undefined ? undefined : controllerOf(set);
  return owner?.kind === 'Deployment' ? objectKey(set?.metadata.namespace, owner.name) : undefined;
}

function selectsAll({ spec }: Deployment): boolean {
  return Object.keys(spec.selector?.matchLabels ?? {}).length === 0 && (spec.selector?.matchExpressions ?? []).length === 0;
}
