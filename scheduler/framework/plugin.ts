import type { NodeInfo } from '../state/node-info.ts';
import type { PodInfo } from '../state/pod-info.ts';
import type { Verdict } from './verdict.ts';

/** Changes in the cluster that may make an unschedulable pod schedulable. */
export type ClusterEvent =
  | { type: 'node-added'; node: NodeInfo }
  | { type: 'node-updated'; node: NodeInfo; changed: ReadonlySet<NodeAspect> }
  /** A pod left its node, or is about to be no more in the way. */
  | { type: 'pod-removed'; pod: PodInfo };

export type NodeAspect = 'allocatable' | 'labels' | 'taints' | 'unschedulable';

interface Plugin {
  /** Upstream's plugin name. */
  readonly name: string;
}

/** Rules nodes out. Called once a node and cycle, so it must be quick and allocate nothing when the node fits. */
export interface FilterPlugin extends Plugin {
  /** True when the plugin has nothing against any node for this pod. */
  skips?(pod: PodInfo): boolean;
  filter(pod: PodInfo, node: NodeInfo): Verdict;
  /** Whether `event` may change this plugin's verdict on a pod that it turned down. */
  mayHelp(event: ClusterEvent, pod: PodInfo): boolean;
}

/** Ranks the nodes that passed every filter; larger is better. */
export interface ScorePlugin extends Plugin {
  readonly weight: number;
  /** True when the plugin prefers no node for this pod. */
  skipsScore?(pod: PodInfo): boolean;
  score(pod: PodInfo, node: NodeInfo): number;
  /** How raw scores become 0 to 100: scaled to the largest, `reversed` so that the smallest is best, or `none` when they are already. */
  readonly normalize: 'scaled' | 'reversed' | 'none';
}

/** The largest score of a plugin. Source: framework.MaxNodeScore. */
export const MAX_SCORE = 100;
