import type { ReplicaSet } from '../replicaset/plan-replicas.ts';
import { byCreation, type Deployment, replicasOf } from './replica-sets.ts';
import { revisionOf } from './revision.ts';

const NO_LIMIT = 2 ** 31 - 1;

/** Old sets beyond `revisionHistoryLimit`, lowest revision first; one that still has or wants pods stays. */
export function planCleanup(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? NO_LIMIT;
  const alive = old.filter((set) => set.metadata.deletionTimestamp === undefined);
  if (limit === NO_LIMIT || alive.length <= limit) return [];
  return alive
    .sort((a, b) => revisionOf(a) - revisionOf(b) || byCreation(a, b))
    .slice(0, alive.length - limit)
    .filter(
      (set) =>
        (set.status?.replicas ?? 0) === 0 &&
        replicasOf(set) === 0 &&
        (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    );
}
