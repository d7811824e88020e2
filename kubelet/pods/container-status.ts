import type {
  ContainerStatus as ApiContainerStatus,
  Container,
  ContainerState,
  ContainerStateTerminated,
} from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import type { ContainerStatus } from '../runtime/driver.ts';
import type { ProbeVerdicts } from './plan-pod.ts';

export interface WaitingReason {
  reason: string;
  message?: string;
}

export interface ContainerStatusInputs {
  container: DeepReadonly<Container>;
  kind: 'init' | 'main' | 'ephemeral';
  /** Of this name, newest first. */
  attempts: readonly ContainerStatus[];
  /** What the API says so far; used where the runtime has forgotten. */
  old: DeepReadonly<ApiContainerStatus> | undefined;
  verdicts: ProbeVerdicts;
  /** Its postStart hook still runs, so it does not count as running yet. */
  hookPending: boolean;
  /** Why it does not run although it shall: back-off, an error at its last start. */
  waiting: WaitingReason | undefined;
  /** What a container that never ran waits for: `ContainerCreating` or `PodInitializing`. */
  defaultWaiting: string;
  /** Its turn to run had come, and no container of the pod will be started again. */
  terminal: boolean;
  runtimeName: string;
}

/** One entry of `containerStatuses`. Pure. Source: kubelet_pods.go convertToAPIContainerStatuses. */
export function containerStatus(inputs: ContainerStatusInputs): ApiContainerStatus {
  const { container, kind, attempts, old, waiting, verdicts, runtimeName } = inputs;
  const [current, previous] = attempts;
  if (current === undefined) return unseen(inputs);
  const sidecar = kind === 'init' && container.restartPolicy === 'Always';
  const running = current.state === 'running' && !inputs.hookPending;
  const started = running && (container.startupProbe === undefined || verdicts.startup === 'success');
  const ready =
    kind === 'init' && !sidecar
      ? current.state === 'exited' && current.exitCode === 0
      : kind !== 'ephemeral' && started && (container.readinessProbe === undefined || verdicts.readiness === 'success');
  const status: ApiContainerStatus = {
    name: container.name,
    state: stateOf(current, inputs),
    lastState:
      previous?.state === 'exited'
        ? { terminated: terminated(previous, runtimeName) }
        : previous === undefined && old !== undefined && old.restartCount > 0
          ? structuredClone(old.lastState as ContainerState)
          : {},
    ready,
    restartCount: current.attempt,
    image: current.image,
    imageID: current.imageRef,
    containerID: `${runtimeName}://${current.id}`,
    ...(kind === 'ephemeral' ? {} : { started: kind === 'init' && !sidecar ? running : started }),
    ...resourcesOf(container, current.state),
    ...mountsOf(container),
  };
  if (current.state === 'exited' && waiting !== undefined && !inputs.terminal) {
    status.lastState = { terminated: terminated(current, runtimeName) };
    status.state = { waiting: { ...waiting } };
  }
  return status;
}

function stateOf(
  current: ContainerStatus,
  { waiting, defaultWaiting, hookPending, runtimeName, terminal }: ContainerStatusInputs,
): ContainerState {
  if (current.state === 'exited') return { terminated: terminated(current, runtimeName) };
  if (current.state === 'running' && !hookPending) return { running: { startedAt: timestamp(current.startedAt) } };
  if (terminal) return { terminated: neverRan() };
  return { waiting: waiting === undefined ? { reason: defaultWaiting } : { ...waiting } };
}

/** The runtime has no container of that name. */
function unseen({ container, kind, old, waiting, defaultWaiting, terminal }: ContainerStatusInputs): ApiContainerStatus {
  const base: ApiContainerStatus = {
    name: container.name,
    state: { waiting: waiting === undefined ? { reason: defaultWaiting } : { ...waiting } },
    lastState: {},
    ready: false,
    restartCount: old?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: '',
    ...(kind === 'ephemeral' ? {} : { started: false }),
    ...mountsOf(container),
  };
  const ran = old !== undefined && (old.containerID ?? '') !== '';
  if (ran && old.state.terminated !== undefined)
    return { ...(structuredClone(old) as ApiContainerStatus), ready: old.ready && kind === 'init' };
  const lost: ContainerStateTerminated = {
    reason: 'ContainerStatusUnknown',
    message: `The container could not be located when the pod was ${terminal ? 'terminated' : 'deleted.  The container used to be Running'}`,
    exitCode: 137,
    startedAt: '1970-01-01T00:00:00Z',
    finishedAt: '1970-01-01T00:00:00Z',
  };
  if (ran && old.state.running !== undefined)
    return terminal ? { ...base, state: { terminated: lost } } : { ...base, lastState: { terminated: lost } };
  if (terminal && kind !== 'ephemeral') return { ...base, state: { terminated: neverRan() } };
  return base;
}

/** Source: kubelet status_manager.go initializeTerminated… for a container that never started. */
function neverRan(): ContainerStateTerminated {
  return {
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    exitCode: 137,
    startedAt: '1970-01-01T00:00:00Z',
    finishedAt: '1970-01-01T00:00:00Z',
  };
}

function terminated(status: ContainerStatus, runtimeName: string): ContainerStateTerminated {
  return {
    exitCode: status.exitCode,
    ...(status.reason === '' ? {} : { reason: status.reason === 'Unknown' ? 'ContainerStatusUnknown' : status.reason }),
    ...(status.message === '' ? {} : { message: status.message }),
    startedAt: timestamp(status.startedAt),
    finishedAt: timestamp(status.finishedAt),
    containerID: `${runtimeName}://${status.id}`,
  };
}

function resourcesOf(
  container: DeepReadonly<Container>,
  state: ContainerStatus['state'],
): Pick<ApiContainerStatus, 'allocatedResources' | 'resources'> {
  const { requests, limits } = container.resources ?? {};
  if (state !== 'running' || (requests === undefined && limits === undefined)) return {};
  return {
    ...(requests === undefined ? {} : { allocatedResources: { ...requests } }),
    resources: {
      ...(limits === undefined ? {} : { limits: { ...limits } }),
      ...(requests === undefined ? {} : { requests: { ...requests } }),
    },
  };
}

function mountsOf(container: DeepReadonly<Container>): Pick<ApiContainerStatus, 'volumeMounts'> {
  if (container.volumeMounts === undefined || container.volumeMounts.length === 0) return {};
  const volumeMounts = container.volumeMounts.map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
  }));
  return { volumeMounts };
}
