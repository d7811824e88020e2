import { isPodTerminal, type Pod } from '../pods/pod-state.ts';
import type { ReplicaSet } from '../replicaset/plan-replicas.ts';
import type { Resize } from './plan-scale.ts';
import {
  byCreation,
  currentSetReplicas,
  type Deployment,
  desiredReplicas,
  isActive,
  maxUnavailable,
  replicasOf,
  sum,
} from './replica-sets.ts';

/** Next step of a rolling update: first the current set moves, and only when it need not, old sets shrink. */
export function planRollingUpdate(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Resize[] {
  const all = [...old, current];
  const want = Math.min(desiredReplicas(deployment), currentSetReplicas(deployment, all, replicasOf(current)));
  if (replicasOf(current) !== want) return [{ set: current, replicas: want }];
  return shrinkOldSets(deployment, current, old.filter(isActive));
}

/** Unhealthy old pods go first, since nobody misses them; then healthy ones, as long as enough stay available. */
function shrinkOldSets(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Resize[] {
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment);
  const currentUnavailable = replicasOf(current) - available(current);
  const removable = sum([...old, current], replicasOf) - minAvailable - currentUnavailable;
  if (removable <= 0) return [];
  const sizes = new Map(old.map((set) => [set, replicasOf(set)]));
  const oldestFirst = [...old].sort(byCreation);

  let unhealthyLeft = removable;
  for (const set of oldestFirst) {
    const unhealthy = Math.min(unhealthyLeft, Math.max(0, replicasOf(set) - available(set)));
    sizes.set(set, replicasOf(set) - unhealthy);
    unhealthyLeft -= unhealthy;
  }
  let healthyLeft = Math.max(0, sum([...old, current], available) - minAvailable);
  for (const set of oldestFirst) {
    const size = sizes.get(set) ?? 0;
    const healthy = Math.min(healthyLeft, size);
    sizes.set(set, size - healthy);
    healthyLeft -= healthy;
  }
  return oldestFirst.map((set) => ({ set, replicas: sizes.get(set) ?? 0 })).filter(({ set, replicas }) => replicas !== replicasOf(set));
}

const available = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;

export interface RecreateStep {
  resize: Resize[];
  /** No old pod runs any more: the current set may be made. */
  mayCreate: boolean;
}

/** Next step of strategy Recreate: old sets to zero, wait until none of their pods runs, then the current set at full size. */
export function planRecreate(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  pods: readonly Pod[],
): RecreateStep {
  const active = old.filter(isActive);
  if (active.length > 0) return { resize: active.map((set) => ({ set, replicas: 0 })), mayCreate: false };
  if (oldPodsRun(current, old, pods)) return { resize: [], mayCreate: false };
  const replicas = desiredReplicas(deployment);
  return { resize: current === undefined || replicasOf(current) === replicas ? [] : [{ set: current, replicas }], mayCreate: true };
}

function oldPodsRun(current: ReplicaSet | undefined, old: readonly ReplicaSet[], pods: readonly Pod[]): boolean {
  if (sum(old, (set) => set.status?.replicas) > 0) return true;
  return pods.some(
    (pod) =>
      !isPodTerminal(pod) &&
      pod.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === current?.metadata.uid) !== true,
  );
}
