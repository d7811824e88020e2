import type { Taint } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { type Node, nodeCondition, readyStatus } from './node-conditions.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
/** Condition that is True → taint that keeps new pods away. */
const PRESSURE: Record<string, string> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
};
const NO_SCHEDULE_KEYS = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(PRESSURE)]);

/** The taint that would drive pods off this node; undefined for a ready one. */
export function evictionTaintKey(node: Node): string | undefined {
  const ready = readyStatus(node);
  return ready === 'False' ? NOT_READY : ready === 'Unknown' ? UNREACHABLE : undefined;
}

/**
 * The taints a node should have: NoSchedule by its conditions, NoExecute for one that is not ready if `evict`; all other taints stay.
 * Undefined where they are right already. Source: kubernetes pkg/controller/nodelifecycle.
 */
export function planTaints(node: Node, { evict, now }: { evict: boolean; now: number }): Taint[] | undefined {
  const current: readonly DeepReadonly<Taint>[] = node.spec.taints ?? [];
  const noExecute = evict ? evictionTaintKey(node) : undefined;
  const wanted: Taint[] = noScheduleKeys(node).map((key) => ({ key, effect: 'NoSchedule' }));
  if (noExecute !== undefined) wanted.push({ key: noExecute, effect: 'NoExecute' });
  const kept = current.filter((taint) => !isOurs(taint) || wanted.some((want) => same(want, taint)));
  const added = wanted
    .filter((want) => !current.some((taint) => same(want, taint)))
    .map((taint) => ({ ...taint, timeAdded: timestamp(now) }));
  return added.length === 0 && kept.length === current.length ? undefined : [...kept, ...added];
}

function noScheduleKeys(node: Node): string[] {
  const readiness = evictionTaintKey(node);
  const pressure = Object.entries(PRESSURE).filter(([type]) => nodeCondition(node, type)?.status === 'True');
  return [
    ...(readiness === undefined ? [] : [readiness]),
    ...pressure.map(([, key]) => key),
    ...(node.spec.unschedulable === true ? [UNSCHEDULABLE] : []),
  ];
}

function isOurs({ key, effect }: DeepReadonly<Taint>): boolean {
  return effect === 'NoSchedule' ? NO_SCHEDULE_KEYS.has(key) : effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE);
}

function same(a: DeepReadonly<Taint>, b: DeepReadonly<Taint>): boolean {
  return a.key === b.key && a.effect === b.effect;
}
