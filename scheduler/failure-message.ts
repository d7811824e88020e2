import type { Diagnosis } from './framework/find-node.ts';

const NOT_HELPFUL = 'Preemption is not helpful for scheduling';
const NO_VICTIMS = 'No preemption victims found for incoming pod';
/** Deviation: pods of lower priority are not evicted (docs/compatibility.md#preemption). */
const NOT_SUPPORTED = 'Preemption is not supported by this scheduler';

/** The message of `FailedScheduling` and of the PodScheduled condition. Source: scheduler framework FitError.Error. */
export function failureMessage({ nodeCount, reasons, resolvable, withVictims }: Diagnosis): string {
  if (nodeCount === 0) return 'no nodes available to schedule pods';
  const preemption = new Map([
    [NOT_HELPFUL, nodeCount - resolvable],
    [NO_VICTIMS, resolvable - withVictims],
    [NOT_SUPPORTED, withVictims],
  ]);
  return `0/${nodeCount} nodes are available: ${histogram(reasons)}. preemption: 0/${nodeCount} nodes are available: ${histogram(preemption)}.`;
}

/** `1 Insufficient cpu, 2 node(s) were unschedulable`, sorted as text as upstream does. */
function histogram(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
