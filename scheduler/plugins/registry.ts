import type { FilterPlugin, ScorePlugin } from '../framework/plugin.ts';
import { NodeAffinity } from './node-affinity.ts';
import { NodeName } from './node-name.ts';
import { NodePorts } from './node-ports.ts';
import { NodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { NodeResourcesFit } from './node-resources-fit.ts';
import { NodeUnschedulable } from './node-unschedulable.ts';
import { TaintToleration } from './taint-toleration.ts';

export interface PluginSet {
  /** In upstream's default order: the first that turns a node down gives the reason. */
  filters: readonly FilterPlugin[];
  scorers: readonly ScorePlugin[];
}

/** Every plugin there is, in the default profile's order. */
export function defaultPlugins(): PluginSet {
  const [taints, affinity, fit] = [new TaintToleration(), new NodeAffinity(), new NodeResourcesFit()];
  return {
    filters: [new NodeUnschedulable(), new NodeName(), taints, affinity, new NodePorts(), fit],
    scorers: [taints, affinity, fit, new NodeResourcesBalancedAllocation()],
  };
}
