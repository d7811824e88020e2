import type { PluginSet } from '../plugins/registry.ts';
import type { NodeInfo } from '../state/node-info.ts';
import type { PodInfo } from '../state/pod-info.ts';
import { type FilterPlugin, MAX_SCORE, type ScorePlugin } from './plugin.ts';

export type Decision = { node: NodeInfo; evaluated: number; feasible: number } | { node: undefined; diagnosis: Diagnosis };

/** Why no node took a pod. */
export interface Diagnosis {
  nodeCount: number;
  /** Reason → on how many nodes. */
  reasons: ReadonlyMap<string, number>;
  /** Nodes that evictions might open, and those among them that hold pods of lower priority. */
  resolvable: number;
  withVictims: number;
  /** Plugins that turned a node down: only events that these wait for can help. */
  plugins: ReadonlySet<FilterPlugin>;
}

export interface FindNodeOptions {
  plugins: PluginSet;
  random: () => number;
  /** Where the search begins, so that every node gets its turn when only some are looked at. */
  startAt: number;
}

/** Below this many feasible nodes the search never stops early. Source: scheduler minFeasibleNodesToFind. */
const MIN_FEASIBLE = 100;
/** Source: scheduler minFeasibleNodesPercentageToFind. */
const MIN_PERCENT = 5;

/** How many feasible nodes are enough to choose from. Source: scheduler numFeasibleNodesToFind. */
export function enoughFeasible(nodeCount: number): number {
  if (nodeCount < MIN_FEASIBLE) return nodeCount;
  const percent = Math.max(MIN_PERCENT, Math.floor(50 - nodeCount / 125));
  return Math.max(MIN_FEASIBLE, Math.floor((nodeCount * percent) / 100));
}

/** One scheduling cycle: filters the nodes, scores what is left, picks the best; equals are told apart by chance. Pure but for `random`. */
export function findNode(pod: PodInfo, nodes: readonly NodeInfo[], { plugins, random, startAt }: FindNodeOptions): Decision {
  const filters = plugins.filters.filter((plugin) => plugin.skips?.(pod) !== true);
  const enough = enoughFeasible(nodes.length);
  const feasible: NodeInfo[] = [];
  const reasons = new Map<string, number>();
  const rejecting = new Set<FilterPlugin>();
  let resolvable = 0;
  let withVictims = 0;
  let evaluated = 0;
  for (; evaluated < nodes.length && feasible.length < enough; evaluated++) {
    const node = nodes[(startAt + evaluated) % nodes.length];
    if (node === undefined) break;
    let fits = true;
    for (const plugin of filters) {
      const verdict = plugin.filter(pod, node);
      if (verdict.fits) continue;
      fits = false;
      rejecting.add(plugin);
      for (const reason of verdict.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (verdict.resolvable) {
        resolvable++;
        if (holdsLowerPriority(node, pod.priority)) withVictims++;
      }
      break;
    }
    if (fits) feasible.push(node);
  }
  if (feasible.length === 0)
    return { node: undefined, diagnosis: { nodeCount: nodes.length, reasons, resolvable, withVictims, plugins: rejecting } };
  const node = feasible.length === 1 ? (feasible[0] as NodeInfo) : best(pod, feasible, plugins.scorers, random);
  return { node, evaluated, feasible: feasible.length };
}

function best(pod: PodInfo, nodes: readonly NodeInfo[], scorers: readonly ScorePlugin[], random: () => number): NodeInfo {
  const totals = new Float64Array(nodes.length);
  for (const plugin of scorers) {
    if (plugin.skipsScore?.(pod) === true) continue;
    const scores = nodes.map((node) => plugin.score(pod, node));
    normalize(scores, plugin.normalize);
    for (const [i, score] of scores.entries()) totals[i] = (totals[i] ?? 0) + score * plugin.weight;
  }
  let chosen = 0;
  let equals = 1;
  for (let i = 1; i < totals.length; i++) {
    const difference = (totals[i] ?? 0) - (totals[chosen] ?? 0);
    if (difference > 0) {
      chosen = i;
      equals = 1;
    } else if (difference === 0) {
      // Reservoir sampling: each of the equals is as likely.
      equals++;
      if (random() * equals < 1) chosen = i;
    }
  }
  return nodes[chosen] as NodeInfo;
}

/** Source: helper.DefaultNormalizeScore. */
function normalize(scores: number[], how: ScorePlugin['normalize']): void {
  if (how === 'none') return;
  const max = Math.max(...scores);
  for (const [i, score] of scores.entries()) {
    const scaled = max === 0 ? 0 : Math.floor((MAX_SCORE * score) / max);
    scores[i] = how === 'reversed' ? MAX_SCORE - scaled : scaled;
  }
}

function holdsLowerPriority(node: NodeInfo, priority: number): boolean {
  for (const pod of node.pods.values()) if (pod.priority < priority) return true;
  return false;
}
