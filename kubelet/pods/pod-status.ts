import type { Container, ContainerStatus, Pod, PodStatus } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { qosClass } from '../resources/qos.ts';
import type { ContainerId, SandboxStatus } from '../runtime/driver.ts';
import { containerStatus, type WaitingReason } from './container-status.ts';
import { attemptsOf, isSidecar, latestSandbox } from './containers.ts';
import type { ProbeVerdicts } from './plan-pod.ts';
import { podConditions } from './pod-conditions.ts';
import { podPhase } from './pod-phase.ts';

export interface PodStatusInputs {
  pod: DeepReadonly<Pod>;
  sandboxes: readonly SandboxStatus[];
  verdicts(id: ContainerId): ProbeVerdicts;
  /** Containers whose postStart hook still runs. */
  hooksPending: ReadonlySet<ContainerId>;
  /** By container name. */
  waiting: ReadonlyMap<string, WaitingReason>;
  hostIPs: readonly string[];
  podIPs: readonly string[];
  startedAt: number;
  /** Nothing will be started again: the pod is deleted or finished. `reason` and `message` where the kubelet ended it. */
  terminal?: { reason?: string; message?: string };
  runtimeName: string;
  now: number;
}

/** The status that the API shall show. Pure. Source: kubernetes pkg/kubelet/kubelet_pods.go generateAPIPodStatus. */
export function podStatus(inputs: PodStatusInputs): PodStatus {
  const { pod, sandboxes, terminal, startedAt, now } = inputs;
  const { spec, metadata } = pod;
  const sandbox = latestSandbox(sandboxes);
  const inits = spec.initContainers ?? [];
  const reached = inits.findLastIndex(({ name }) => hasRun(inputs, name));
  const initStatuses = inits.map((container, i) => statusOf(inputs, container, { kind: 'init', due: i <= Math.max(0, reached) }));
  const done = inits.every((container, i) => (isSidecar(container) ? initStatuses[i]?.started : initStatuses[i]?.ready) === true);
  const due = done || spec.containers.some(({ name }) => hasRun(inputs, name));
  const statuses = spec.containers.map((container) => statusOf(inputs, container, { kind: 'main', due }));
  const ephemeral = (spec.ephemeralContainers ?? []).map((container) =>
    statusOf(inputs, container as DeepReadonly<Container>, { kind: 'ephemeral', due: true }),
  );
  const old = pod.status ?? {};
  const settled = old.phase === 'Failed' || old.phase === 'Succeeded' ? old.phase : undefined;
  const computed = podPhase(pod, { initStatuses, statuses, terminal: terminal !== undefined });
  const anyRunning = [...initStatuses, ...statuses].some(({ state }) => state.running !== undefined);
  const ending = terminal !== undefined && anyRunning; // not shown as finished while something still runs
  const phase = settled ?? (ending ? (old.phase ?? computed) : terminal?.reason !== undefined ? 'Failed' : computed);
  const reason = ending ? old.reason : (terminal?.reason ?? old.reason);
  const message = ending ? old.message : (terminal?.message ?? old.message);
  const sandboxReady = sandbox?.state === 'ready';
  const podIPs = inputs.podIPs.length > 0 ? inputs.podIPs : (old.podIPs ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  return {
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    phase,
    conditions: podConditions({ pod, phase, initStatuses, statuses, sandboxReady, now }),
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    ...(inputs.hostIPs[0] === undefined ? {} : { hostIP: inputs.hostIPs[0], hostIPs: inputs.hostIPs.map((ip) => ({ ip })) }),
    ...(podIPs[0] === undefined ? {} : { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) }),
    startTime: old.startTime ?? timestamp(startedAt),
    ...(initStatuses.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    qosClass: old.qosClass ?? qosClass(pod),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
  };
}

function statusOf(
  inputs: PodStatusInputs,
  container: DeepReadonly<Container>,
  { kind, due }: { kind: 'init' | 'main' | 'ephemeral'; due: boolean },
): ContainerStatus {
  const { pod, sandboxes, waiting, hooksPending, terminal, runtimeName } = inputs;
  const attempts = attemptsOf(sandboxes, container.name);
  const [current] = attempts;
  const hasInit = (pod.spec.initContainers ?? []).length > 0;
  return containerStatus({
    container,
    kind,
    attempts,
    old: oldStatus(pod, container.name),
    verdicts: current === undefined ? {} : inputs.verdicts(current.id),
    hookPending: current !== undefined && hooksPending.has(current.id),
    waiting: waiting.get(container.name),
    defaultWaiting: hasInit && (kind === 'init' || !due) ? 'PodInitializing' : 'ContainerCreating',
    terminal: terminal !== undefined && due,
    runtimeName,
  });
}

/** The runtime or the API's status has seen it run. */
function hasRun({ pod, sandboxes }: PodStatusInputs, name: string): boolean {
  if (attemptsOf(sandboxes, name).some(({ state }) => state !== 'created')) return true;
  const old = oldStatus(pod, name);
  return old?.state.running !== undefined || old?.state.terminated !== undefined || old?.lastState.terminated !== undefined;
}

function oldStatus({ status }: DeepReadonly<Pod>, name: string): DeepReadonly<ContainerStatus> | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find((one) => one.name === name);
}
