import type { NodeCondition, Node as NodeObject } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';

export type Node = DeepReadonly<NodeObject>;

/** What the kubelet answers for: unknown once it is silent. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export type ReadyStatus = 'True' | 'False' | 'Unknown';

export function nodeCondition(node: Node, type: string): DeepReadonly<NodeCondition> | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

/** Undefined while the kubelet has not reported at all. */
export function readyStatus(node: Node): ReadyStatus | undefined {
  return nodeCondition(node, 'Ready')?.status as ReadyStatus | undefined;
}

export interface HealthInput {
  node: Node;
  /** When the kubelet last gave a sign of life, ms. */
  heartbeatAt: number;
  now: number;
  /** Silence allowed to a node that has reported its state, and to one that has not yet, ms. */
  graceMs: number;
  startupGraceMs: number;
}

/** How long a node may still be silent, ms; 0 or less: its conditions become unknown. */
export function silenceLeftMs({ node, heartbeatAt, now, graceMs, startupGraceMs }: HealthInput): number {
  return heartbeatAt + (readyStatus(node) === undefined ? startupGraceMs : graceMs) - now;
}

/** The conditions of a node whose kubelet is silent for too long; undefined where nothing changes. */
export function silentNodeConditions({ node }: Pick<HealthInput, 'node'>, now: number): NodeCondition[] | undefined {
  const at = timestamp(now);
  const old = node.status?.conditions ?? [];
  if (KUBELET_CONDITIONS.every((type) => nodeCondition(node, type)?.status === 'Unknown')) return undefined;
  const updated = old.map(
    (condition): NodeCondition =>
      !KUBELET_CONDITIONS.includes(condition.type) || condition.status === 'Unknown'
        ? condition
        : {
            ...condition,
            status: 'Unknown',
            reason: 'NodeStatusUnknown',
            message: 'Kubelet stopped posting node status.',
            lastTransitionTime: at,
          },
  );
  const missing = KUBELET_CONDITIONS.filter((type) => nodeCondition(node, type) === undefined).map(
    (type): NodeCondition => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp,
      lastTransitionTime: at,
    }),
  );
  return [...updated, ...missing];
}
