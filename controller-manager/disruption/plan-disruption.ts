import type { PodDisruptionBudget as PodDisruptionBudgetObject, PodDisruptionBudgetStatus } from '../../shared/api/generated/policy-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { resolveIntOrPercent } from '../../shared/machinery/int-or-percent.ts';
import { isPodReady, type Pod } from '../pods/pod-state.ts';

export type PodDisruptionBudget = DeepReadonly<PodDisruptionBudgetObject>;

/** How long an evicted pod may take to be deleted before it counts again, ms. Source: kubernetes disruption DeletionTimeout (2 min). */
const DELETION_MS = 2 * 60_000;

export interface DisruptionInput {
  budget: PodDisruptionBudget;
  /** Those that the budget selects. */
  pods: readonly Pod[];
  /** Sum of the replicas that the pods' controllers want; an Error where one of them is not known. */
  expectedScale(): number | Error;
  now: number;
}

export interface DisruptionPlan {
  status: PodDisruptionBudgetStatus;
  /** When an evicted pod that is still there counts again, ms from now. */
  recheckMs: number | undefined;
  /** Pods that were evicted but not deleted in time. */
  notDeleted: Pod[];
}

/** How many of the selected pods may be evicted now. Source: kubernetes pkg/controller/disruption trySync. */
export function planDisruption({ budget, pods, expectedScale, now }: DisruptionInput): DisruptionPlan {
  const { disrupted, recheckMs, notDeleted } = stillDisrupted(budget, pods, now);
  const healthy = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && !(pod.metadata.name in disrupted) && isPodReady(pod),
  ).length;
  const target = targetOf(budget, pods.length, expectedScale);
  const counts =
    target instanceof Error
      ? { ...currentCounts(budget), disruptionsAllowed: 0 }
      : {
          currentHealthy: healthy,
          desiredHealthy: target.desired,
          expectedPods: target.expected,
          disruptionsAllowed: target.expected <= 0 ? 0 : Math.max(0, healthy - target.desired),
        };
  const status: PodDisruptionBudgetStatus = {
    ...counts,
    ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
    conditions: [allowedCondition(budget, target instanceof Error ? target : counts.disruptionsAllowed, now)],
  };
  return { status, recheckMs, notDeleted };
}

function targetOf(
  { spec }: PodDisruptionBudget,
  podCount: number,
  expectedScale: () => number | Error,
): { expected: number; desired: number } | Error {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable === undefined && typeof minAvailable === 'number') return { expected: podCount, desired: minAvailable };
  const expected = podCount === 0 ? 0 : expectedScale();
  if (expected instanceof Error) return expected;
  if (maxUnavailable !== undefined)
    return { expected, desired: Math.max(0, expected - resolveIntOrPercent(maxUnavailable, expected, 'up')) };
  return { expected, desired: minAvailable === undefined ? 0 : resolveIntOrPercent(minAvailable, expected, 'up') };
}

function currentCounts({
  status,
}: PodDisruptionBudget): Pick<PodDisruptionBudgetStatus, 'currentHealthy' | 'desiredHealthy' | 'expectedPods'> {
  return {
    currentHealthy: status?.currentHealthy ?? 0,
    desiredHealthy: status?.desiredHealthy ?? 0,
    expectedPods: status?.expectedPods ?? 0,
  };
}

/** Pods whose eviction was allowed and that are neither being deleted nor overdue. */
function stillDisrupted(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  now: number,
): { disrupted: Record<string, string>; recheckMs: number | undefined; notDeleted: Pod[] } {
  const disrupted: Record<string, string> = {};
  const notDeleted: Pod[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const since = status?.disruptedPods?.[pod.metadata.name];
    if (since === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const left = Date.parse(since) + DELETION_MS - now;
    if (left <= 0) notDeleted.push(pod);
    else {
      disrupted[pod.metadata.name] = since;
      recheckMs = Math.min(left, recheckMs ?? left);
    }
  }
  return { disrupted, recheckMs, notDeleted };
}

function allowedCondition(
  budget: PodDisruptionBudget,
  allowed: number | Error,
  now: number,
): NonNullable<PodDisruptionBudgetStatus['conditions']>[number] {
  const current = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  const status = !(allowed instanceof Error) && allowed > 0 ? 'True' : 'False';
  const reason = allowed instanceof Error ? 'SyncFailed' : allowed > 0 ? 'SufficientPods' : 'InsufficientPods';
  return {
    type: 'DisruptionAllowed',
    status,
    reason,
    message: allowed instanceof Error ? allowed.message : '',
    ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
    lastTransitionTime: current?.status === status ? current.lastTransitionTime : timestamp(now),
  };
}
