import type { ClusterEvent, FilterPlugin } from '../framework/plugin.ts';
import { FITS, unschedulable, type Verdict } from '../framework/verdict.ts';
import type { NodeInfo } from '../state/node-info.ts';
import type { PodInfo } from '../state/pod-info.ts';
import { tolerates } from './taint-toleration.ts';

const TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;
const UNSCHEDULABLE = unschedulable(['node(s) were unschedulable'], { resolvable: false });

/** Keeps pods off cordoned nodes, unless they tolerate the taint that goes with it. */
export class NodeUnschedulable implements FilterPlugin {
  readonly name = 'NodeUnschedulable';
  filter(pod: PodInfo, { node }: NodeInfo): Verdict {
    if (node?.spec.unschedulable !== true) return FITS;
    return tolerates(pod.tolerations, TAINT) ? FITS : UNSCHEDULABLE;
  }
  mayHelp(event: ClusterEvent): boolean {
    if (event.type === 'pod-removed') return false;
    return event.node.node?.spec.unschedulable !== true && (event.type === 'node-added' || event.changed.has('unschedulable'));
  }
}
