import type { Deployment as DeploymentObject } from '../../shared/api/generated/apps-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { resolveIntOrPercent } from '../../shared/machinery/int-or-percent.ts';
import type { ReplicaSet } from '../replicaset/plan-replicas.ts';
import { equalIgnoringHash } from './template-hash.ts';

export type Deployment = DeepReadonly<DeploymentObject>;

/** The set of the current template (the oldest, if several match) and all others of the deployment. */
export function splitReplicaSets(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): { current: ReplicaSet | undefined; old: ReplicaSet[] } {
  const current = [...sets].sort(byCreation).find((set) => equalIgnoringHash(set.spec.template, deployment.spec.template));
  return { current, old: sets.filter((set) => set.metadata.uid !== current?.metadata.uid) };
}

export const replicasOf = (set: ReplicaSet): number => set.spec.replicas ?? 1;
export const desiredReplicas = (deployment: Deployment): number => deployment.spec.replicas ?? 1;
export const isActive = (set: ReplicaSet): boolean => replicasOf(set) > 0;

export function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((total, set) => total + (of(set) ?? 0), 0);
}

export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return left === right ? (a.metadata.name < b.metadata.name ? -1 : 1) : left < right ? -1 : 1;
}

export const isRollingUpdate = (deployment: Deployment): boolean => deployment.spec.strategy?.type !== 'Recreate';

/** Pods that may run beyond `replicas` during a rolling update; percentages round up. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** Pods that may be unavailable during a rolling update; percentages round down, and never more than `replicas`. */
export function maxUnavailable(deployment: Deployment): number {
  const replicas = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment) || replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicas);
}

/** Both zero would block every update, so one may then be unavailable. Source: kubernetes deploymentutil.ResolveFenceposts. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const replicas = desiredReplicas(deployment);
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = resolveIntOrPercent(maxSurge, replicas, 'up');
  const unavailable = resolveIntOrPercent(maxUnavailable, replicas, 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Replicas that the current set may have now without the deployment exceeding `replicas + maxSurge`. */
export function currentSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const replicas = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return replicas;
  const room = replicas + maxSurge(deployment) - sum(all, replicasOf);
  return room <= 0 ? current : current + Math.min(room, replicas - current);
}
