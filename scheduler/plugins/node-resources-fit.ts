import { type ClusterEvent, type FilterPlugin, MAX_SCORE, type ScorePlugin } from '../framework/plugin.ts';
import { FITS, unschedulable, type Verdict } from '../framework/verdict.ts';
import type { NodeInfo } from '../state/node-info.ts';
import type { PodInfo } from '../state/pod-info.ts';

/** Keeps pods off nodes without room for their requests; prefers the emptier of the rest (upstream's LeastAllocated of CPU and memory). */
export class NodeResourcesFit implements FilterPlugin, ScorePlugin {
  readonly name = 'NodeResourcesFit';
  readonly weight = 1;
  readonly normalize = 'none';

  filter({ requests }: PodInfo, node: NodeInfo): Verdict {
    const { allocatable, requested, allowedPods } = node;
    let reasons: string[] | undefined;
    let resolvable = true;
    const short = (reason: string, wanted: number, has: number): void => {
      reasons = [...(reasons ?? []), reason];
      if (wanted > has) resolvable = false; // even an empty node is too small
    };
    if (node.pods.size + 1 > allowedPods) short('Too many pods', 1, allowedPods);
    if (requests.cpuMillis > 0 && requests.cpuMillis > allocatable.cpuMillis - requested.cpuMillis)
      short('Insufficient cpu', requests.cpuMillis, allocatable.cpuMillis);
    if (requests.memoryBytes > 0 && requests.memoryBytes > allocatable.memoryBytes - requested.memoryBytes)
      short('Insufficient memory', requests.memoryBytes, allocatable.memoryBytes);
    if (requests.ephemeralBytes > 0 && requests.ephemeralBytes > allocatable.ephemeralBytes - requested.ephemeralBytes)
      short('Insufficient ephemeral-storage', requests.ephemeralBytes, allocatable.ephemeralBytes);
    for (const [name, wanted] of Object.entries(requests.scalars ?? {})) {
      const has = allocatable.scalars?.[name] ?? 0;
      if (wanted > 0 && wanted > has - (requested.scalars?.[name] ?? 0)) short(`Insufficient ${name}`, wanted, has);
    }
    return reasons === undefined ? FITS : unschedulable(reasons, { resolvable });
  }

  /** Mean share of CPU and memory that stays free once the pod is here, 0 to 100. Source: noderesources leastResourceScorer. */
  score({ scoringRequests }: PodInfo, { allocatable, scoringRequested }: NodeInfo): number {
    const cpu = freeShare(scoringRequested.cpuMillis + scoringRequests.cpuMillis, allocatable.cpuMillis);
    const memory = freeShare(scoringRequested.memoryBytes + scoringRequests.memoryBytes, allocatable.memoryBytes);
    return Math.floor((cpu + memory) / 2);
  }

  mayHelp(event: ClusterEvent): boolean {
    // A removed pod always frees at least its place among the node's pods.
    return event.type !== 'node-updated' || event.changed.has('allocatable');
  }
}

function freeShare(used: number, total: number): number {
  if (total === 0 || used > total) return 0;
  return Math.floor(((total - used) * MAX_SCORE) / total);
}
