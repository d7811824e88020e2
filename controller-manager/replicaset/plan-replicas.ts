import type { ReplicaSetCondition, ReplicaSet as ReplicaSetObject, ReplicaSetStatus } from '../../shared/api/generated/apps-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { matchesLabelSelector } from '../../shared/machinery/label-selector.ts';
import { omitZeros } from '../omit-zeros.ts';
import { availableAt, isPodActive, isPodReady, isPodTerminal, type Pod } from '../pods/pod-state.ts';
import { podsToRemove } from './pods-to-remove.ts';

export type ReplicaSet = DeepReadonly<ReplicaSetObject>;

/** Most pods made or removed for a set in one go. Source: kubernetes pkg/controller/replicaset BurstReplicas. */
const BURST = 500;

export interface ReplicasPlan {
  create: number;
  remove: Pod[];
}

/** What to make or remove so that the live pods of the set come to `spec.replicas`. A set being deleted is left alone. */
export function planReplicas(set: ReplicaSet, pods: readonly Pod[], related: readonly Pod[], now: number): ReplicasPlan {
  if (set.metadata.deletionTimestamp !== undefined) return { create: 0, remove: [] };
  const active = pods.filter(isPodActive);
  const missing = (set.spec.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, BURST), remove: [] };
  return { create: 0, remove: podsToRemove(active, related, Math.min(-missing, BURST), now) };
}

export interface StatusInput {
  set: ReplicaSet;
  /** All pods that the set controls. */
  pods: readonly Pod[];
  now: number;
  /** What went wrong while making or removing pods in this round. */
  failure?: { reason: 'FailedCreate' | 'FailedDelete'; message: string } | undefined;
}

/** The status that the set's pods call for, and when to look again because a pod then counts as available (ms from now). */
export function replicaSetStatus({ set, pods, now, failure }: StatusInput): { status: ReplicaSetStatus; nextCheckMs: number | undefined } {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const active = pods.filter(isPodActive);
  const templateLabels = set.spec.template.metadata?.labels ?? {};
  const availableTimes = active.map((pod) => availableAt(pod, minReadySeconds)).filter((at) => at !== undefined);
  const later = availableTimes.filter((at) => at > now);
  const conditions = failureConditions(set.status?.conditions, failure, now);
  const status: ReplicaSetStatus = {
    replicas: active.length,
    terminatingReplicas: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod)).length,
    ...omitZeros({
      fullyLabeledReplicas: active.filter((pod) => matchesLabelSelector({ matchLabels: templateLabels }, pod.metadata.labels)).length,
      readyReplicas: active.filter(isPodReady).length,
      availableReplicas: availableTimes.length - later.length,
      observedGeneration: set.metadata.generation,
      conditions,
    }),
  };
  return { status, nextCheckMs: later.length === 0 ? undefined : Math.min(...later) - now };
}

function failureConditions(
  old: readonly DeepReadonly<ReplicaSetCondition>[] | undefined,
  failure: StatusInput['failure'],
  now: number,
): ReplicaSetCondition[] {
  const others = (old ?? []).filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const current = old?.find(({ type }) => type === 'ReplicaFailure');
  if (current?.status === 'True' && current.reason === failure.reason) return [...others, current];
  const { reason, message } = failure;
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(now), reason, message }];
}
