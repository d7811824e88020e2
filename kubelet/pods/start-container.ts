import type { Container, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { quantityMilli, quantityValue } from '../../shared/machinery/quantity.ts';
import { containerEnv } from '../env/container-env.ts';
import { expand } from '../env/expand.ts';
import { type ContainerId, type ContainerSpec, type Resources, RuntimeError, type SandboxId } from '../runtime/driver.ts';
import type { WaitingReason } from './container-status.ts';
import { CONTAINER_HASH, containerHash, fieldPathOf, LABELS } from './containers.ts';
import type { StartAction } from './plan-pod.ts';
import type { PodNetwork, WorkerDeps } from './worker-deps.ts';

export interface StartRequest {
  pod: DeepReadonly<Pod>;
  sandbox: SandboxId;
  action: StartAction;
  network: PodNetwork;
  /** The container runs; its postStart hook (if any) comes next. */
  running(id: ContainerId): void;
}

export type StartResult = { id: ContainerId; hookFailed: boolean } | { error: WaitingReason };

/**
 * Creates and starts one container and runs its postStart hook, with upstream's events. A failure that the pod's owner can see to is a
 * result; it becomes the container's waiting reason. Source: kuberuntime_container.go startContainer.
 */
export async function startContainer(
  { pod, sandbox, action, network, running }: StartRequest,
  deps: WorkerDeps,
  signal: AbortSignal,
): Promise<StartResult> {
  const { container } = action;
  const about = { fieldPath: fieldPathOf(pod, container.name) };
  const failed = (reason: string, error: unknown): StartResult => {
    const message = error instanceof Error ? error.message : String(error);
    deps.events.event(pod, 'Warning', 'Failed', `Error: ${message}`, about);
    return { error: { reason, message } };
  };
  deps.events.event(
    pod,
    'Normal',
    'Pulled',
    `Container image ${JSON.stringify(container.image ?? '')} already present on machine and can be accessed by the pod`,
    about,
  );
  let spec: ContainerSpec;
  try {
    spec = await containerSpec(pod, action, network, deps);
  } catch (error) {
    return failed('CreateContainerConfigError', error);
  }
  let id: ContainerId;
  try {
    id = await deps.driver.createContainer(sandbox, spec, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return failed(error instanceof RuntimeError ? error.code : 'CreateContainerError', error);
  }
  deps.events.event(pod, 'Normal', 'Created', 'Container created', about);
  try {
    await deps.driver.startContainer(id);
  } catch (error) {
    return failed('RunContainerError', error);
  }
  deps.events.event(pod, 'Normal', 'Started', 'Container started', about);
  running(id);
  const hook = container.lifecycle?.postStart;
  if (hook === undefined) return { id, hookFailed: false };
  const problem = await deps.hooks.run(hook, { id, container, podIP: network.podIPs[0] ?? '' }, signal);
  if (problem !== undefined && !signal.aborted) deps.events.event(pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', about);
  return { id, hookFailed: problem !== undefined };
}

async function containerSpec(
  pod: DeepReadonly<Pod>,
  { container, attempt }: StartAction,
  network: PodNetwork,
  deps: WorkerDeps,
): Promise<ContainerSpec> {
  const [env, mounts] = await Promise.all([
    containerEnv(pod, container, { services: deps.services(), objects: deps.objects, addresses: network, allocatable: deps.allocatable }),
    deps.volumes.mounts(pod, container),
  ]);
  const expanded = (list: readonly string[] | undefined): string[] => (list ?? []).map((text) => expand(text, (name) => env.get(name)));
  const { metadata } = pod;
  return {
    name: container.name,
    attempt,
    image: container.image ?? '',
    command: expanded(container.command),
    args: expanded(container.args),
    env: [...env].map(([name, value]) => ({ name, value })),
    workingDir: container.workingDir ?? '',
    mounts,
    logPath: deps.paths.logPath(pod, container.name, attempt),
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    labels: {
      [LABELS.podName]: metadata.name,
      [LABELS.podNamespace]: metadata.namespace ?? '',
      [LABELS.podUid]: metadata.uid,
      [LABELS.containerName]: container.name,
    },
    annotations: { [CONTAINER_HASH]: containerHash(container) },
    resources: runtimeResources(container),
  };
}

function runtimeResources({ resources }: DeepReadonly<Container>): Resources {
  const { requests = {}, limits = {} } = resources ?? {};
  const cpu = (list: Readonly<Record<string, string>>): number => quantityMilli(list.cpu ?? '0');
  const memory = (list: Readonly<Record<string, string>>): number => quantityValue(list.memory ?? '0');
  return {
    cpuRequestMillis: cpu(requests),
    cpuLimitMillis: cpu(limits),
    memoryRequestBytes: memory(requests),
    memoryLimitBytes: memory(limits),
  };
}
