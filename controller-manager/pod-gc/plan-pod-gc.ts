import { isPodTerminal, type Pod } from '../pods/pod-state.ts';

export interface PodGcInput {
  pods: readonly Pod[];
  /** Nodes that are certainly gone, not just unknown to the cache. */
  isNodeGone(name: string): boolean;
  /** Nodes that an admin declared dead (taint node.kubernetes.io/out-of-service) and that are not ready. */
  isNodeOutOfService(name: string): boolean;
  /** Ended pods that may stay; 0 or less: all. */
  terminatedThreshold: number;
}

export interface PodGcPlan {
  /** Ended pods beyond the threshold, the oldest first. */
  terminated: Pod[];
  /** Bound to a node that does not exist. */
  orphaned: Pod[];
  /** Being deleted, and no kubelet will ever finish it. */
  stuck: Pod[];
}

/** Which pods nobody else would clean up. Source: kubernetes pkg/controller/podgc. */
export function planPodGc({ pods, isNodeGone, isNodeOutOfService, terminatedThreshold }: PodGcInput): PodGcPlan {
  const ended = pods.filter((pod) => isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined);
  const surplus = terminatedThreshold > 0 ? Math.max(0, ended.length - terminatedThreshold) : 0;
  return {
    terminated: surplus === 0 ? [] : ended.sort(byAge).slice(0, surplus),
    orphaned: pods.filter(({ spec }) => spec.nodeName && isNodeGone(spec.nodeName)),
    stuck: pods.filter(
      ({ metadata, spec }) => metadata.deletionTimestamp !== undefined && (!spec.nodeName || isNodeOutOfService(spec.nodeName)),
    ),
  };
}

function byAge(a: Pod, b: Pod): number {
  const [left, right] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return left === right ? (a.metadata.name < b.metadata.name ? -1 : 1) : left < right ? -1 : 1;
}
