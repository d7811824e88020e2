import type { DeploymentCondition, DeploymentStatus } from '../../shared/api/generated/apps-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { omitZeros } from '../omit-zeros.ts';
import type { ReplicaSet } from '../replicaset/plan-replicas.ts';
import { byCreation, type Deployment, desiredReplicas, maxUnavailable, replicasOf, sum } from './replica-sets.ts';

type Condition = DeepReadonly<DeploymentCondition>;
type Reported = Pick<DeploymentCondition, 'type' | 'status'> & { reason: string; message: string };

const NO_DEADLINE = 2 ** 31 - 1;

export function hasProgressDeadline({ spec }: Deployment): boolean {
  return (spec.progressDeadlineSeconds ?? NO_DEADLINE) !== NO_DEADLINE;
}

export function progressing(conditions: readonly Condition[] | undefined): Condition | undefined {
  return conditions?.find(({ type }) => type === 'Progressing');
}

/** Sets a condition; one with the same status and reason is left as it is, one with the same status keeps its transition time. */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  { type, status, reason, message }: Reported,
  now: number,
): Condition[] {
  const current = conditions?.find((condition) => condition.type === type);
  if (current?.status === status && current.reason === reason) return [...(conditions ?? [])];
  const at = timestamp(now);
  const lastTransitionTime = current?.status === status ? current.lastTransitionTime : at;
  return [...without(conditions, type), { type, status, lastUpdateTime: at, lastTransitionTime, reason, message }];
}

/** The condition that a paused or resumed deployment carries, if it has to change; a missed deadline is not covered up. */
export function pausedCondition(deployment: Deployment): Reported | undefined {
  const reason = progressing(deployment.status?.conditions)?.reason;
  if (!hasProgressDeadline(deployment) || reason === 'ProgressDeadlineExceeded') return undefined;
  const isPaused = reason === 'DeploymentPaused';
  if (deployment.spec.paused === true && !isPaused)
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  if (deployment.spec.paused !== true && isPaused)
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  return undefined;
}

/** Counts and the Available condition, from the sets' statuses. */
export function countedStatus(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  now: number,
): DeploymentStatus {
  const all = current === undefined ? old : [...old, current];
  const available = sum(all, (set) => set.status?.availableReplicas);
  const enough = available >= desiredReplicas(deployment) - maxUnavailable(deployment);
  const { collisionCount, conditions } = deployment.status ?? {};
  const { reason, message } = enough
    ? { reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : { reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.' };
  return {
    ...omitZeros({
      observedGeneration: deployment.metadata.generation,
      replicas: sum(all, (set) => set.status?.replicas),
      updatedReplicas: current?.status?.replicas,
      readyReplicas: sum(all, (set) => set.status?.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, sum(all, replicasOf) - available),
    }),
    terminatingReplicas: sum(all, (set) => set.status?.terminatingReplicas),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: [...setCondition(conditions, { type: 'Available', status: enough ? 'True' : 'False', reason, message }, now)],
  };
}

/** `countedStatus` plus how the rollout goes: Progressing (complete, progressing, timed out) and ReplicaFailure. */
export function rolloutStatus(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  now: number,
): DeploymentStatus {
  const status = countedStatus(deployment, current, old, now);
  const before = progressing(deployment.status?.conditions);
  let conditions: Condition[] = status.conditions ?? [];
  if (!hasProgressDeadline(deployment)) conditions = without(conditions, 'Progressing');
  const wasComplete = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && before?.reason === 'NewReplicaSetAvailable';
  if (hasProgressDeadline(deployment) && !wasComplete) {
    const subject = current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
    if (isComplete(deployment, status)) {
      const message = `${subject} has successfully progressed.`;
      conditions = setCondition(conditions, { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message }, now);
    } else if (hasProgressed(deployment, status)) {
      const at = timestamp(now);
      const lastTransitionTime = before?.status === 'True' ? before.lastTransitionTime : at;
      const message = `${subject} is progressing.`;
      const condition = {
        type: 'Progressing',
        status: 'True',
        lastUpdateTime: at,
        lastTransitionTime,
        reason: 'ReplicaSetUpdated',
        message,
      };
      conditions = [...without(conditions, 'Progressing'), condition];
    } else if (hasTimedOut(deployment, progressing(conditions), now)) {
      const message = `${subject} has timed out progressing.`;
      conditions = setCondition(conditions, { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }, now);
    }
  }
  const failure = replicaFailure(current, old);
  conditions = failure === undefined ? without(conditions, 'ReplicaFailure') : setCondition(conditions, failure, now);
  return { ...status, conditions: [...conditions] };
}

/** All replicas are of the current template and available. */
export function isComplete(deployment: Deployment, status: DeepReadonly<DeploymentStatus> | undefined): boolean {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status ?? {};
  const want = desiredReplicas(deployment);
  return (
    updatedReplicas === want &&
    replicas === want &&
    availableReplicas === want &&
    observedGeneration >= (deployment.metadata.generation ?? 0)
  );
}

/** How long until a rollout that stands still exceeds its deadline, ms; undefined where none can. */
export function deadlineCheckMs(deployment: Deployment, status: DeepReadonly<DeploymentStatus>, now: number): number | undefined {
  const condition = progressing(status.conditions);
  if (!hasProgressDeadline(deployment) || condition === undefined) return undefined;
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded' || condition.reason === 'NewReplicaSetAvailable')
    return undefined;
  const left = deadline(deployment, condition) - now;
  return Math.max(left, 0) + 1000; // times are whole seconds, so a second later it has surely passed
}

function hasProgressed({ status: before }: Deployment, after: DeploymentStatus): boolean {
  const oldPods = (status: DeepReadonly<DeploymentStatus> | undefined): number => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    oldPods(after) < oldPods(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, condition: Condition | undefined, now: number): boolean {
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  return condition.reason === 'ProgressDeadlineExceeded' || deadline(deployment, condition) < now;
}

function deadline({ spec }: Deployment, condition: Condition): number {
  return Date.parse(condition.lastUpdateTime) + (spec.progressDeadlineSeconds ?? NO_DEADLINE) * 1000;
}

/** The current set's failure counts most, else the oldest one of the others. */
function replicaFailure(current: ReplicaSet | undefined, old: readonly ReplicaSet[]): Reported | undefined {
  for (const set of [...(current === undefined ? [] : [current]), ...[...old].sort(byCreation)]) {
    const failure = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (failure !== undefined)
      return { type: failure.type, status: failure.status, reason: failure.reason ?? '', message: failure.message ?? '' };
  }
  return undefined;
}

function without(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
