import { CONTAINER_HASH, containerHash } from '../../../../kubelet/pods/containers.ts';
import type { ContainerStatus, SandboxStatus } from '../../../../kubelet/runtime/driver.ts';
import type { Container, Pod, PodSpec, PodStatus } from '../../../../shared/api/generated/core-v1.ts';

export const T0 = Date.UTC(2024, 0, 1);

export function container(name: string, fields: Partial<Container> = {}): Container {
  return { name, image: 'app:1', resources: {}, ...fields };
}

export function pod(spec: Partial<PodSpec> = {}, fields: { status?: PodStatus; metadata?: Partial<Pod['metadata']> } = {}): Pod {
  return {
    metadata: {
      name: 'web',
      namespace: 'ns',
      uid: 'u1',
      resourceVersion: '1',
      creationTimestamp: '2024-01-01T00:00:00Z',
      generation: 1,
      ...fields.metadata,
    },
    spec: { containers: [container('c')], restartPolicy: 'Always', terminationGracePeriodSeconds: 30, ...spec },
    status: fields.status ?? {},
  } as Pod;
}

export function run(name: string, fields: Partial<ContainerStatus> = {}): ContainerStatus {
  const attempt = fields.attempt ?? 0;
  return {
    id: `${name}-${attempt}`,
    name,
    attempt,
    state: 'running',
    createdAt: T0,
    startedAt: T0,
    finishedAt: 0,
    exitCode: 0,
    signal: 0,
    reason: '',
    message: '',
    image: 'app:1',
    imageRef: 'app:1',
    logPath: `/logs/${name}/${attempt}.log`,
    labels: {},
    annotations: { [CONTAINER_HASH]: containerHash(container(name)) },
    ...fields,
  };
}

export function exited(name: string, exitCode: number, fields: Partial<ContainerStatus> = {}): ContainerStatus {
  return run(name, { state: 'exited', exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: T0, ...fields });
}

export function sandbox(containers: ContainerStatus[], fields: Partial<SandboxStatus> = {}): SandboxStatus {
  const attempt = fields.attempt ?? 0;
  return {
    id: `s${attempt}`,
    state: 'ready',
    podUid: 'u1',
    namespace: 'ns',
    name: 'web',
    attempt,
    createdAt: T0,
    ip: '127.100.1.2',
    labels: {},
    annotations: {},
    containers,
    ...fields,
  };
}
