import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { amountOf, podRequests } from '../resources/pod-requests.ts';

/** Why the node does not take a pod; `message` without the `Pod was rejected: ` that its status puts before. */
export interface Rejection {
  reason: string;
  message: string;
}

/**
 * Whether there is room for a new pod beside the others of the node: who names a node in a pod's spec passes the scheduler by. Pure.
 * Source: kubelet/lifecycle/predicate.go. Selectors and taints are left to the scheduler.
 */
export function admitPod(
  pod: DeepReadonly<Pod>,
  others: readonly DeepReadonly<Pod>[],
  allocatable: Readonly<Record<string, string>>,
): Rejection | undefined {
  const wanted = podRequests(pod).set('pods', 1);
  const used = others.map((other) => podRequests(other).set('pods', 1));
  for (const [resource, requested] of wanted) {
    if (requested === 0) continue;
    const capacity = amountOf(resource, allocatable[resource] ?? '0');
    const taken = used.reduce((sum, amounts) => sum + (amounts.get(resource) ?? 0), 0);
    if (taken + requested <= capacity) continue;
    const message = `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${taken}, capacity: ${capacity}`;
    return { reason: `OutOf${resource}`, message };
  }
  return undefined;
}
