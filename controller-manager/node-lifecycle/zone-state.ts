import { type Node, readyStatus } from './node-conditions.ts';

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

export interface EvictionRates {
  /** Nodes tainted for eviction a second, in a healthy zone and in a large one that is partly down. */
  normalPerSecond: number;
  secondaryPerSecond: number;
  /** Share of nodes that are not ready at which a zone counts as partly down, 0 to 1. */
  unhealthyThreshold: number;
  /** Zones of more nodes than this are large. */
  largeClusterSize: number;
}

export function zoneOf({ metadata }: Node): string {
  const region = metadata.labels?.['topology.kubernetes.io/region'] ?? '';
  const zone = metadata.labels?.['topology.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`;
}

/** Source: kubernetes pkg/controller/nodelifecycle ComputeZoneState. */
export function zoneState(nodes: readonly Node[], { unhealthyThreshold }: Pick<EvictionRates, 'unhealthyThreshold'>): ZoneState {
  const ready = nodes.filter((node) => readyStatus(node) === 'True').length;
  const notReady = nodes.length - ready;
  if (ready === 0 && notReady > 0) return 'FullDisruption';
  return notReady > 2 && notReady / nodes.length >= unhealthyThreshold ? 'PartialDisruption' : 'Normal';
}

/**
 * Nodes a second that may be tainted for eviction in `node`'s zone. When no node anywhere is ready, the fault is more likely ours than
 * theirs: nothing is evicted.
 */
export function evictionRate(node: Node, all: readonly Node[], rates: EvictionRates): number {
  if (all.every((each) => readyStatus(each) !== 'True')) return 0;
  const zone = all.filter((each) => zoneOf(each) === zoneOf(node));
  if (zoneState(zone, rates) !== 'PartialDisruption') return rates.normalPerSecond;
  return zone.length > rates.largeClusterSize ? rates.secondaryPerSecond : 0;
}
