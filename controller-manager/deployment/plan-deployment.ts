import type { DeploymentStatus, ReplicaSet as ReplicaSetObject } from '../../shared/api/generated/apps-v1.ts';
import type { DeepPartial, DeepReadonly } from '../../shared/api/meta.ts';
import type { Pod } from '../pods/pod-state.ts';
import type { ReplicaSet } from '../replicaset/plan-replicas.ts';
import { controllerReference } from '../replicaset/pod-from-template.ts';
import {
  countedStatus,
  hasProgressDeadline,
  isComplete,
  pausedCondition,
  progressing,
  rolloutStatus,
  setCondition,
} from './deployment-status.ts';
import { planCleanup } from './plan-cleanup.ts';
import { planRecreate, planRollingUpdate } from './plan-rollout.ts';
import { isScalingEvent, needsResize, planScale, type Resize } from './plan-scale.ts';
import { currentSetReplicas, type Deployment, isRollingUpdate, splitReplicaSets } from './replica-sets.ts';
import { currentSetAnnotations, REVISION, revisionOf } from './revision.ts';
import { TEMPLATE_HASH_LABEL, templateHash } from './template-hash.ts';

/** One step towards what the deployment asks for; what it writes leads to the next step. */
export interface DeploymentPlan {
  /** The current template's set, to be made; its status then shows in `status`. */
  create?: DeepPartial<ReplicaSetObject>;
  /** Annotations and `minReadySeconds` of the current set are out of date. */
  refresh?: ReplicaSet;
  resize: Resize[];
  remove: ReplicaSet[];
  /** Revision that the deployment itself should show. */
  revision?: string;
  status: DeepReadonly<DeploymentStatus>;
}

export interface DeploymentInput {
  deployment: Deployment;
  /** The sets that the deployment controls. */
  sets: readonly ReplicaSet[];
  /** The pods of those sets; only read for strategy Recreate. */
  pods: readonly Pod[];
  now: number;
}

/** Source: kubernetes pkg/controller/deployment syncDeployment. */
export function planDeployment(input: DeploymentInput): DeploymentPlan {
  const { sets, now } = input;
  const { current, old } = splitReplicaSets(input.deployment, sets);
  if (input.deployment.metadata.deletionTimestamp !== undefined)
    return { resize: [], remove: [], status: countedStatus(input.deployment, current, old, now) };

  const paused = pausedCondition(input.deployment);
  const deployment = paused === undefined ? input.deployment : withConditionSet(input.deployment, paused, now);
  const known = current === undefined ? {} : knownSet(deployment, current, old);
  const observed = 'refresh' in known ? deployment : withFoundSet(deployment, current, now);
  if (deployment.spec.paused === true || isScalingEvent(deployment, sets)) {
    const remove = deployment.spec.paused === true ? planCleanup(deployment, old) : [];
    const resize = planScale(deployment, current, old).filter((step) => needsResize(deployment, step));
    return { ...known, resize, remove, status: countedStatus(observed, current, old, now) };
  }
  return { ...known, ...rollOut({ ...input, deployment: observed }, current, old) };
}

function rollOut({ deployment, pods, now }: DeploymentInput, current: ReplicaSet | undefined, old: readonly ReplicaSet[]): DeploymentPlan {
  const recreate = isRollingUpdate(deployment) ? undefined : planRecreate(deployment, current, old, pods);
  if (current === undefined && recreate?.mayCreate !== false) return createSet(deployment, old, now);
  const resize = recreate?.resize ?? (current === undefined ? [] : planRollingUpdate(deployment, current, old));
  const remove = resize.length === 0 && isComplete(deployment, deployment.status) ? planCleanup(deployment, old) : [];
  return { resize, remove, status: rolloutStatus(deployment, current, old, now) };
}

function createSet(deployment: Deployment, old: readonly ReplicaSet[], now: number): DeploymentPlan {
  const revision = nextRevision(old);
  const create = newSet(deployment, old, revision);
  const message = `Created new replica set "${create.metadata?.name ?? ''}"`;
  const created = hasProgressDeadline(deployment)
    ? withConditionSet(deployment, { type: 'Progressing', status: 'True', reason: 'NewReplicaSetCreated', message }, now)
    : deployment;
  return { create, resize: [], remove: [], revision: String(revision), status: countedStatus(created, undefined, old, now) };
}

function newSet(deployment: Deployment, old: readonly ReplicaSet[], revision: number): DeepPartial<ReplicaSetObject> {
  const { spec, metadata } = deployment;
  const hash = templateHash(spec.template, deployment.status?.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels,
      annotations: currentSetAnnotations(deployment, undefined, revision, false),
      ownerReferences: [controllerReference(deployment, { apiVersion: 'apps/v1', kind: 'Deployment' })],
    },
    spec: {
      replicas: currentSetReplicas(deployment, old, 0),
      ...(spec.minReadySeconds && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

/** What is out of date around a current set that exists: first its own annotations, then the revision that the deployment shows. */
function knownSet(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Pick<DeploymentPlan, 'refresh' | 'revision'> {
  const annotations = currentSetAnnotations(deployment, current.metadata.annotations, nextRevision(old), true);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  if (!sameEntries(annotations, current.metadata.annotations ?? {}) || (current.spec.minReadySeconds ?? 0) !== minReadySeconds)
    return { refresh: { ...current, metadata: { ...current.metadata, annotations }, spec: { ...current.spec, minReadySeconds } } };
  const revision = annotations[REVISION];
  return revision !== undefined && revision !== deployment.metadata.annotations?.[REVISION] ? { revision } : {};
}

function withFoundSet(deployment: Deployment, current: ReplicaSet | undefined, now: number): Deployment {
  if (current === undefined || !hasProgressDeadline(deployment) || progressing(deployment.status?.conditions) !== undefined)
    return deployment;
  const message = `Found new replica set "${current.metadata.name}"`;
  return withConditionSet(deployment, { type: 'Progressing', status: 'True', reason: 'FoundNewReplicaSet', message }, now);
}

function withConditionSet(deployment: Deployment, condition: Parameters<typeof setCondition>[1], now: number): Deployment {
  return { ...deployment, status: { ...deployment.status, conditions: setCondition(deployment.status?.conditions, condition, now) } };
}

const nextRevision = (old: readonly ReplicaSet[]): number => Math.max(0, ...old.map(revisionOf)) + 1;

function sameEntries(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
