import type { ClusterEvent, FilterPlugin } from '../framework/plugin.ts';
import { FITS, unschedulable, type Verdict } from '../framework/verdict.ts';
import type { NodeInfo } from '../state/node-info.ts';
import type { PodInfo } from '../state/pod-info.ts';

const OTHER_NODE = unschedulable(["node(s) didn't match the requested node name"], { resolvable: false });

/** Keeps a pod that names its node off all others. */
export class NodeName implements FilterPlugin {
  readonly name = 'NodeName';
  skips({ pod }: PodInfo): boolean {
    return (pod.spec.nodeName ?? '') === '';
  }
  filter({ pod }: PodInfo, node: NodeInfo): Verdict {
    return pod.spec.nodeName === node.name ? FITS : OTHER_NODE;
  }
  mayHelp(event: ClusterEvent): boolean {
    return event.type === 'node-added';
  }
}
