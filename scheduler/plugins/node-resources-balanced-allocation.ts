import { MAX_SCORE, type ScorePlugin } from '../framework/plugin.ts';
import type { NodeInfo } from '../state/node-info.ts';
import type { PodInfo } from '../state/pod-info.ts';

/** Prefers nodes whose CPU and memory would be used to similar shares. Source: noderesources balancedResourceScorer. */
export class NodeResourcesBalancedAllocation implements ScorePlugin {
  readonly name = 'NodeResourcesBalancedAllocation';
  readonly weight = 1;
  readonly normalize = 'none';
  skipsScore({ requests }: PodInfo): boolean {
    return requests.cpuMillis === 0 && requests.memoryBytes === 0;
  }
  score({ requests }: PodInfo, { allocatable, requested }: NodeInfo): number {
    if (allocatable.cpuMillis === 0 || allocatable.memoryBytes === 0) return 0;
    const cpu = Math.min(1, (requested.cpuMillis + requests.cpuMillis) / allocatable.cpuMillis);
    const memory = Math.min(1, (requested.memoryBytes + requests.memoryBytes) / allocatable.memoryBytes);
    // The standard deviation of two shares is half their distance.
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * MAX_SCORE);
  }
}
