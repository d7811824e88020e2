import type { Taint, Toleration } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ClusterEvent, FilterPlugin, ScorePlugin } from '../framework/plugin.ts';
import { FITS, unschedulable, type Verdict } from '../framework/verdict.ts';
import type { NodeInfo } from '../state/node-info.ts';
import type { PodInfo } from '../state/pod-info.ts';

/** Keeps pods off nodes with taints that they do not tolerate; prefers nodes with few `PreferNoSchedule` taints against them. */
export class TaintToleration implements FilterPlugin, ScorePlugin {
  readonly name = 'TaintToleration';
  readonly weight = 3;
  readonly normalize = 'reversed';
  filter(pod: PodInfo, { node }: NodeInfo): Verdict {
    for (const taint of node?.spec.taints ?? []) {
      if (taint.effect === 'PreferNoSchedule' || tolerates(pod.tolerations, taint)) continue;
      return unschedulable([`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`], { resolvable: false });
    }
    return FITS;
  }
  score(pod: PodInfo, { node }: NodeInfo): number {
    let against = 0;
    for (const taint of node?.spec.taints ?? []) if (taint.effect === 'PreferNoSchedule' && !tolerates(pod.tolerations, taint)) against++;
    return against;
  }
  mayHelp(event: ClusterEvent, pod: PodInfo): boolean {
    if (event.type === 'pod-removed') return false;
    return (event.type === 'node-added' || event.changed.has('taints')) && this.filter(pod, event.node).fits;
  }
}

/** Source: component-helpers corev1.TolerationsTolerateTaint. */
export function tolerates(
  tolerations: readonly DeepReadonly<Toleration>[],
  taint: Pick<Taint, 'key' | 'effect'> & { readonly value?: string | undefined },
): boolean {
  return tolerations.some((toleration) => {
    if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
    if (toleration.key !== undefined && toleration.key !== '' && toleration.key !== taint.key) return false;
    if (toleration.operator === 'Exists') return true;
    return (toleration.value ?? '') === (taint.value ?? '');
  });
}
