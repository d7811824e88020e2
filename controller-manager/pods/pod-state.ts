import type { PodCondition, Pod as PodObject } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';

export type Pod = DeepReadonly<PodObject>;

export function podCondition(pod: Pod, type: string): DeepReadonly<PodCondition> | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** It has run to its end: no container of it will start again. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
}

/** Neither ended nor being deleted: it counts towards `replicas`. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** When the pod will have been ready for `minReadySeconds`, ms since the epoch; undefined while it is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  return ready.lastTransitionTime === undefined || ready.lastTransitionTime === null
    ? undefined
    : Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000;
}
