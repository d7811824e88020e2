import { isDeepStrictEqual } from 'node:util';
import type { Node, Pod } from '../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../shared/api/meta.ts';
import { currentCause } from '../shared/client/cause.ts';
import type { Informer } from '../shared/client/informer.ts';
import type { ClusterEvent } from './framework/plugin.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import { changedAspects } from './queue/wake-events.ts';
import { type ClusterState, isTerminal } from './state/cluster-state.ts';
import { podInfo } from './state/pod-info.ts';

export interface PodEventsDeps {
  pods: Informer<Pod>;
  nodes: Informer<Node>;
  state: ClusterState;
  queue: SchedulingQueue;
  schedulerName: string;
}

/** Keeps state and queue up to date with what the informers show. */
export function followCluster({ pods, nodes, state, queue, schedulerName }: PodEventsDeps): void {
  const wake = (event: ClusterEvent): void => queue.onEvent(event, currentCause());

  nodes.onChange((node, { type, previous }) => {
    if (type === 'deleted') return state.removeNode(node.metadata.name);
    const info = state.setNode(node);
    if (previous === undefined) return wake({ type: 'node-added', node: info });
    const changed = changedAspects(previous, node);
    if (changed.size > 0) wake({ type: 'node-updated', node: info, changed });
  });

  pods.onChange((pod, { type, previous }) => {
    const placed = (pod.spec.nodeName ?? '') !== '';
    const { uid } = pod.metadata;
    if (type === 'deleted' || (placed && isTerminal(pod))) {
      queue.delete(uid);
      state.removePod(uid);
      if (placed) wake({ type: 'pod-removed', pod: podInfo(pod) });
      return;
    }
    if (placed) {
      queue.delete(uid);
      // Status changes are most of what happens to a placed pod, and change nothing here.
      const unchanged = previous?.spec.nodeName === pod.spec.nodeName && previous?.metadata.generation === pod.metadata.generation;
      if (!unchanged) state.setPod(pod);
      return;
    }
    if (!waitsForUs(pod, schedulerName)) return queue.delete(uid);
    if (state.isAssumed(uid)) return;
    queue.set(podInfo(pod), previous === undefined || !isDeepStrictEqual(previous.spec, pod.spec), currentCause());
  });
}

/** Pods with scheduling gates wait until these are gone. */
function waitsForUs(pod: DeepReadonly<Pod>, schedulerName: string): boolean {
  return (
    pod.spec.schedulerName === schedulerName &&
    pod.metadata.deletionTimestamp === undefined &&
    (pod.spec.schedulingGates ?? []).length === 0 &&
    !isTerminal(pod)
  );
}
