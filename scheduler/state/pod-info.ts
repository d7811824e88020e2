import type { Pod, Toleration } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { keyOf, type ObjectKey } from '../../shared/machinery/object-key.ts';
import { podRequests, podScoringRequests } from './pod-requests.ts';
import type { Resources } from './resources.ts';

export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

/** A pod with what the plugins ask of it, computed once. */
export interface PodInfo {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly pod: DeepReadonly<Pod>;
  readonly priority: number;
  readonly requests: Resources;
  readonly scoringRequests: Resources;
  readonly hostPorts: readonly HostPort[];
  readonly tolerations: readonly DeepReadonly<Toleration>[];
}

export function podInfo(pod: DeepReadonly<Pod>): PodInfo {
  return {
    key: keyOf(pod),
    uid: pod.metadata.uid,
    pod,
    priority: pod.spec.priority ?? 0,
    requests: podRequests(pod),
    scoringRequests: podScoringRequests(pod),
    hostPorts: hostPortsOf(pod),
    tolerations: pod.spec.tolerations ?? [],
  };
}

function hostPortsOf(pod: DeepReadonly<Pod>): HostPort[] {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')];
  return containers.flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort === undefined || hostPort === 0
        ? []
        : [{ ip: hostIP === undefined || hostIP === '' ? '0.0.0.0' : hostIP, protocol: protocol ?? 'TCP', port: hostPort }],
    ),
  );
}
