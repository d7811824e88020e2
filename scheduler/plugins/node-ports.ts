import type { ClusterEvent, FilterPlugin } from '../framework/plugin.ts';
import { FITS, unschedulable, type Verdict } from '../framework/verdict.ts';
import type { NodeInfo } from '../state/node-info.ts';
import type { PodInfo } from '../state/pod-info.ts';

const TAKEN = unschedulable(["node(s) didn't have free ports for the requested pod ports"], { resolvable: true });

/** Keeps a pod off nodes where a pod already holds one of its host ports. */
export class NodePorts implements FilterPlugin {
  readonly name = 'NodePorts';
  skips({ hostPorts }: PodInfo): boolean {
    return hostPorts.length === 0;
  }
  filter({ hostPorts }: PodInfo, node: NodeInfo): Verdict {
    return hostPorts.some((port) => node.holdsPort(port)) ? TAKEN : FITS;
  }
  mayHelp(event: ClusterEvent, pod: PodInfo): boolean {
    if (event.type === 'node-updated') return false;
    if (event.type === 'node-added') return true;
    return event.pod.hostPorts.some((freed) =>
      pod.hostPorts.some((wanted) => wanted.port === freed.port && wanted.protocol === freed.protocol),
    );
  }
}
