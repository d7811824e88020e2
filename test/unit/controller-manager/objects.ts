import type { Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet, ReplicaSetStatus } from '../../../shared/api/generated/apps-v1.ts';
import type { Node, Pod, PodSpec, PodStatus, Service, ServiceSpec, Taint } from '../../../shared/api/generated/core-v1.ts';
import type { ObjectMeta } from '../../../shared/api/meta.ts';

/** The time in all tables: every object was created at this moment or some seconds before. */
export const NOW = Date.UTC(2024, 0, 1, 12);

/** `secondsAgo` before NOW, as the API writes times. */
export function at(secondsAgo: number): string {
  return `${new Date(NOW - secondsAgo * 1000).toISOString().slice(0, 19)}Z`;
}

export interface PodOptions {
  ready?: boolean;
  /** Seconds since the pod became ready, and since it was created. */
  readyFor?: number;
  age?: number;
  phase?: NonNullable<PodStatus['phase']>;
  node?: string;
  deleting?: boolean;
  restarts?: number;
  owner?: { kind: string; uid: string };
  metadata?: Partial<ObjectMeta>;
  spec?: Partial<PodSpec>;
  status?: Partial<PodStatus>;
}

export function pod(name: string, options: PodOptions = {}): Pod {
  const { ready = false, readyFor = 100, age = 200, phase = 'Running', node, deleting = false, restarts, owner } = options;
  const status = ready ? 'True' : 'False';
  return {
    metadata: {
      ...meta(name, age),
      labels: { app: 'web' },
      ...(deleting && { deletionTimestamp: at(1) }),
      ...(owner && { ownerReferences: [{ apiVersion: 'apps/v1', name: 'owner', controller: true, ...owner }] }),
      ...options.metadata,
    },
    spec: { containers: [{ name: 'main', image: 'web', resources: {} }], ...(node !== undefined && { nodeName: node }), ...options.spec },
    status: {
      phase,
      conditions: [{ type: 'Ready', status, lastTransitionTime: at(readyFor), lastProbeTime: at(readyFor) }],
      ...(restarts !== undefined && {
        containerStatuses: [{ name: 'main', state: {}, lastState: {}, ready, restartCount: restarts, image: '', imageID: '' }],
      }),
      ...options.status,
    },
  };
}

export interface SetOptions {
  replicas?: number;
  available?: number;
  age?: number;
  revision?: number;
  /** Distinguishes templates. */
  image?: string;
  annotations?: Record<string, string>;
  metadata?: Partial<ObjectMeta>;
  status?: Partial<ReplicaSetStatus>;
  minReadySeconds?: number;
}

export function replicaSet(name: string, options: SetOptions = {}): ReplicaSet {
  const { replicas = 3, available = replicas, age = 200, revision, image = 'web:1' } = options;
  const annotations = { ...(revision !== undefined && { 'deployment.kubernetes.io/revision': String(revision) }), ...options.annotations };
  return {
    metadata: { ...meta(name, age), generation: 1, annotations, ...options.metadata },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web', 'pod-template-hash': name } },
      template: {
        metadata: { labels: { app: 'web', 'pod-template-hash': name } },
        spec: { containers: [{ name: 'main', image, resources: {} }] },
      },
      ...(options.minReadySeconds !== undefined && { minReadySeconds: options.minReadySeconds }),
    },
    status: { replicas, readyReplicas: available, availableReplicas: available, observedGeneration: 1, ...options.status },
  };
}

export function deployment(
  replicas: number,
  spec: Partial<DeploymentSpec> = {},
  rest: { metadata?: Partial<ObjectMeta>; status?: DeploymentStatus } = {},
): Deployment {
  return {
    metadata: { ...meta('web', 300), generation: 1, ...rest.metadata },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1', resources: {} }] } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...spec,
    },
    status: rest.status ?? {},
  };
}

export function service(spec: Partial<ServiceSpec> = {}, metadata: Partial<ObjectMeta> = {}): Service {
  return {
    metadata: { ...meta('web', 300), ...metadata },
    spec: {
      selector: { app: 'web' },
      clusterIP: '10.0.0.1',
      ipFamilies: ['IPv4'],
      ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
      ...spec,
    },
    status: { loadBalancer: {} },
  };
}

export function node(
  name: string,
  ready: 'True' | 'False' | 'Unknown' | undefined,
  options: { taints?: Taint[]; labels?: Record<string, string>; conditions?: Record<string, string>; unschedulable?: boolean } = {},
): Node {
  const conditions = Object.entries({ ...(ready && { Ready: ready }), ...options.conditions });
  return {
    metadata: { ...meta(name, 300), labels: options.labels ?? {} },
    spec: { ...(options.taints && { taints: options.taints }), ...(options.unschedulable && { unschedulable: true }) },
    status: {
      conditions: conditions.map(([type, status]) => ({
        type,
        status,
        lastHeartbeatTime: at(10),
        lastTransitionTime: at(100),
        reason: 'KubeletReady',
      })),
    },
  } as unknown as Node;
}

function meta(name: string, age: number): ObjectMeta {
  return { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: at(age) };
}
