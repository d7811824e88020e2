import type { Container, Node, Pod, Service } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { Logger } from '../../shared/component/logging.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { ObjectSource } from '../env/object-source.ts';
import type { HookRunner } from '../hooks/hook-runner.ts';
import type { PodIpPool } from '../network/pod-ip.ts';
import type { Prober } from '../probes/prober.ts';
import type { Mount, RuntimeDriver } from '../runtime/driver.ts';
import type { PodPaths } from './pod-paths.ts';
import type { Relist } from './relist.ts';

/** The volumes of pods, as far as a pod worker cares. */
export interface PodVolumes {
  /** Makes every volume of the pod ready, or refreshes it; rejects with what the `FailedMount` event says. */
  mount(pod: DeepReadonly<Pod>, addresses: PodNetwork, signal: AbortSignal): Promise<void>;
  /** The mounts of one container of a mounted pod. */
  mounts(pod: DeepReadonly<Pod>, container: DeepReadonly<Container>): Promise<Mount[]>;
  unmount(podUid: string): Promise<void>;
}

export interface PodNetwork {
  podIPs: readonly string[];
  hostIPs: readonly string[];
}

/** What the pod workers of one node share. */
export interface WorkerDeps {
  nodeName: string;
  hostIPs: readonly string[];
  /** The node's allocatable resources. */
  allocatable: NonNullable<Node['status']['allocatable']>;
  client: ApiClient;
  driver: RuntimeDriver;
  relist: Relist;
  prober: Prober;
  hooks: HookRunner;
  volumes: PodVolumes;
  objects: ObjectSource;
  services(): readonly DeepReadonly<Service>[];
  addresses: PodIpPool | undefined;
  events: EventRecorder;
  paths: PodPaths;
  clock: Clock;
  log: Logger;
  /** Aborted when the kubelet stops: workers leave all containers as they are. */
  signal: AbortSignal;
}
