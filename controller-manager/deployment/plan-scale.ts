import type { ReplicaSet } from '../replicaset/plan-replicas.ts';
import { byCreation, type Deployment, desiredReplicas, isActive, isRollingUpdate, maxSurge, replicasOf, sum } from './replica-sets.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, numberAnnotation, scaleAnnotations } from './revision.ts';

/** A set and the replicas it should have. */
export interface Resize {
  set: ReplicaSet;
  replicas: number;
}

/** Whether a set has another size, or remembers another size of the deployment, than it should. */
export function needsResize(deployment: Deployment, { set, replicas }: Resize): boolean {
  return (
    replicasOf(set) !== replicas ||
    Object.entries(scaleAnnotations(deployment)).some(([key, value]) => set.metadata.annotations?.[key] !== value)
  );
}

/** Whether the deployment's size changed since its active sets were last sized. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.filter(isActive).some((set) => {
    const desired = numberAnnotation(set, DESIRED_REPLICAS);
    return desired !== undefined && desired !== desiredReplicas(deployment);
  });
}

/**
 * Sizes for a deployment that was scaled or is paused: the only active set gets all replicas; a saturated current set means old sets go
 * to zero; in the middle of a rolling update the change is shared in proportion to the sets' sizes, the remainder going to the largest.
 * Source: kubernetes deployment controller sync.go scale.
 */
export function planScale(deployment: Deployment, current: ReplicaSet | undefined, old: readonly ReplicaSet[]): Resize[] {
  const replicas = desiredReplicas(deployment);
  const single = activeOrLatest(current, old);
  if (single !== undefined) return [{ set: single, replicas }];
  if (isSaturated(deployment, current)) return old.filter(isActive).map((set) => ({ set, replicas: 0 }));
  return isRollingUpdate(deployment)
    ? proportional(deployment, [...old, ...(current === undefined ? [] : [current])].filter(isActive))
    : [];
}

/** The one active set, or the latest if none is active; undefined where several are. */
function activeOrLatest(current: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const all = [...old, ...(current === undefined ? [] : [current])];
  const active = all.filter(isActive);
  if (active.length === 0) return current ?? [...old].sort(byCreation).at(-1);
  return active.length === 1 ? active[0] : undefined;
}

function isSaturated(deployment: Deployment, set: ReplicaSet | undefined): boolean {
  const replicas = desiredReplicas(deployment);
  return (
    set !== undefined &&
    replicasOf(set) === replicas &&
    numberAnnotation(set, DESIRED_REPLICAS) === replicas &&
    (set.status?.availableReplicas ?? 0) === replicas
  );
}

function proportional(deployment: Deployment, active: ReplicaSet[]): Resize[] {
  const replicas = desiredReplicas(deployment);
  const allowed = replicas > 0 ? replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - sum(active, replicasOf);
  const newerFirst = toAdd > 0 ? -1 : 1;
  const ordered = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || newerFirst * byCreation(a, b));
  let added = 0;
  const sizes = ordered.map((set) => {
    const share = toAdd === 0 || toAdd === added ? 0 : proportion(deployment, set, toAdd - added);
    added += share;
    return { set, replicas: replicasOf(set) + share };
  });
  const largest = sizes[0];
  if (largest !== undefined && toAdd !== 0) largest.replicas = Math.max(0, largest.replicas + toAdd - added);
  return sizes;
}

/** What one set gains or loses, never beyond `left`. */
function proportion(deployment: Deployment, set: ReplicaSet, left: number): number {
  const fraction = fractionOf(deployment, set);
  return left > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

function fractionOf(deployment: Deployment, set: ReplicaSet): number {
  const size = replicasOf(set);
  if (desiredReplicas(deployment) === 0) return -size;
  const before = numberAnnotation(set, MAX_REPLICAS) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((size * (desiredReplicas(deployment) + maxSurge(deployment))) / before) - size;
}
