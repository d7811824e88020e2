import { isPodReady, type Pod, podCondition } from '../pods/pod-state.ts';

/** Annotation that makes a pod cheaper (lower) or dearer (higher) to remove, an int32. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASE_RANK: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The `count` pods whose removal hurts least. `related` are all pods of the same owner's sets: of two equals, the one that shares its
 * node with more of them goes. Ages compare by powers of two, so that not always the newest goes.
 * Source: kubernetes pkg/controller ActivePodsWithRanks, with LogarithmicScaleDown.
 */
export function podsToRemove(pods: readonly Pod[], related: readonly Pod[], count: number, now: number): Pod[] {
  if (count >= pods.length) return [...pods];
  const perNode = new Map<string, number>();
  for (const { spec } of related) if (spec.nodeName) perNode.set(spec.nodeName, (perNode.get(spec.nodeName) ?? 0) + 1);
  const doubledUp = (pod: Pod): number => (pod.spec.nodeName ? (perNode.get(pod.spec.nodeName) ?? 0) : 0);

  const compare = (a: Pod, b: Pod): number =>
    Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
    phaseRank(a) - phaseRank(b) ||
    Number(isPodReady(a)) - Number(isPodReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    doubledUp(b) - doubledUp(a) ||
    (isPodReady(a) && isPodReady(b) ? byAge(readySince(a), readySince(b), a, b, now) : 0) ||
    restarts(b) - restarts(a) ||
    byAge(created(a), created(b), a, b, now);
  return [...pods].sort(compare).slice(0, count);
}

/** Younger first, by powers of two; within the same power by uid. An unknown time is the youngest. */
function byAge(a: number | undefined, b: number | undefined, podA: Pod, podB: Pod, now: number): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const difference = logAge(a, now) - logAge(b, now);
  if (difference !== 0) return difference;
  return podA.metadata.uid < podB.metadata.uid ? -1 : 1;
}

function logAge(time: number, now: number): number {
  return now <= time ? -1 : Math.floor(Math.log2((now - time) * 1e6));
}

const phaseRank = (pod: Pod): number => PHASE_RANK[pod.status.phase ?? 'Pending'] ?? 0;
const created = (pod: Pod): number => Date.parse(pod.metadata.creationTimestamp);
const restarts = (pod: Pod): number => Math.max(0, ...(pod.status.containerStatuses ?? []).map((status) => status.restartCount));

function readySince(pod: Pod): number | undefined {
  const at = podCondition(pod, 'Ready')?.lastTransitionTime;
  return at ? Date.parse(at) : undefined;
}

function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST];
  return text !== undefined && /^-?(0|[1-9]\d*)$/.test(text) ? Number(text) : 0;
}
