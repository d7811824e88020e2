import type { Taint, Toleration } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';

/**
 * How long a pod may stay on a node with these taints, ms from now (0: not at all); undefined: for ever. Tolerations that end are counted
 * from when the last taint was added. Source: kubernetes pkg/controller/tainteviction.
 */
export function evictionDelayMs(
  taints: readonly DeepReadonly<Taint>[],
  tolerations: readonly DeepReadonly<Toleration>[],
  now: number,
): number | undefined {
  const evicting = taints.filter(({ effect }) => effect === 'NoExecute');
  if (evicting.length === 0) return undefined;
  const used: DeepReadonly<Toleration>[] = [];
  for (const taint of evicting) {
    const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    used.push(...matching);
  }
  const limits = used.map(({ tolerationSeconds }) => tolerationSeconds).filter((seconds) => seconds !== undefined);
  if (limits.length === 0) return undefined;
  const shortest = Math.min(...limits);
  if (shortest <= 0) return 0;
  const since = Math.max(...evicting.map(({ timeAdded }) => (timeAdded === undefined ? now : Date.parse(timeAdded))));
  return Math.max(0, since + shortest * 1000 - now);
}

/** An empty key or effect means any. */
function tolerates({ key, operator, value, effect }: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  switch (operator) {
    case 'Exists':
      return true;
    case 'Gt':
    case 'Lt': {
      const [has, limit] = [Number(taint.value), Number(value)];
      return operator === 'Gt' ? has > limit : has < limit;
    }
    default:
      return (value ?? '') === (taint.value ?? '');
  }
}
