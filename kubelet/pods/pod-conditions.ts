import type { ContainerStatus, Pod, PodCondition } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { isSidecar } from './containers.ts';

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;
type Statuses = readonly ContainerStatus[];

export interface ConditionInputs {
  pod: DeepReadonly<Pod>;
  phase: string;
  initStatuses: Statuses;
  statuses: Statuses;
  sandboxReady: boolean;
  now: number;
}

/**
 * The kubelet's conditions in upstream's order, then those that others own, as they are. Pure.
 * Source: kubernetes pkg/kubelet/status/generate.go.
 */
export function podConditions(inputs: ConditionInputs): PodCondition[] {
  const { pod, sandboxReady } = inputs;
  const containersReady = containersReadyVerdict(inputs);
  const own: [string, Verdict][] = [
    ['PodReadyToStartContainers', { status: sandboxReady ? 'True' : 'False' }],
    ['Initialized', initializedVerdict(inputs)],
    ['Ready', readyVerdict(pod, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ];
  const old = pod.status?.conditions ?? [];
  const names = new Set(own.map(([type]) => type));
  return [
    ...own.map(([type, verdict]) => condition(type, verdict, inputs)),
    ...old.filter(({ type }) => !names.has(type)).map((foreign) => ({ ...foreign })),
  ];
}

function condition(type: string, verdict: Verdict, { pod, now }: ConditionInputs): PodCondition {
  const old = pod.status?.conditions?.find((one) => one.type === type);
  const { generation } = pod.metadata;
  return {
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...verdict,
    lastProbeTime: null as unknown as string, // the API writes an explicit null here
    lastTransitionTime: old !== undefined && old.status === verdict.status ? old.lastTransitionTime : timestamp(now),
  };
}

function initializedVerdict({ pod, phase, initStatuses, statuses }: ConditionInputs): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const started = statuses.some(
    ({ state, lastState, started: up }) =>
      up === true || state.running !== undefined || state.terminated !== undefined || lastState.terminated !== undefined,
  );
  if (started) return { status: 'True' };
  const incomplete: string[] = [];
  const unknown: string[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    const status = initStatuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (isSidecar(container) ? status.started !== true : !status.ready) incomplete.push(container.name);
  }
  return unmet('ContainersNotInitialized', [
    ['containers with incomplete status', incomplete],
    ['containers with unknown status', unknown],
  ]);
}

function containersReadyVerdict({ pod, phase, initStatuses, statuses }: ConditionInputs): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready: string[] = [];
  const unknown: string[] = [];
  const judge = (all: Statuses, name: string): void => {
    const status = all.find((one) => one.name === name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  };
  for (const container of pod.spec.initContainers ?? []) if (isSidecar(container)) judge(initStatuses, container.name);
  for (const { name } of pod.spec.containers) judge(statuses, name);
  return unmet('ContainersNotReady', [
    ['containers with unknown status', unknown],
    ['containers with unready status', unready],
  ]);
}

function unmet(reason: string, lists: readonly (readonly [string, readonly string[]])[]): Verdict {
  const messages = lists.filter(([, names]) => names.length > 0).map(([text, names]) => `${text}: [${names.join(' ')}]`);
  return messages.length === 0 ? { status: 'True' } : { status: 'False', reason, message: messages.join(', ') };
}

function readyVerdict(pod: DeepReadonly<Pod>, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const messages: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (gate === undefined) messages.push(`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`);
    else if (gate.status !== 'True')
      messages.push(`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${gate.status}`);
  }
  return messages.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
