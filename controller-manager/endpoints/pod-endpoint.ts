import type { ObjectReference, Service as ServiceObject, ServicePort } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { isPodTerminal, type Pod } from '../pods/pod-state.ts';

export type Service = DeepReadonly<ServiceObject>;

/** Marks the endpoints of a service without a cluster address. */
export const HEADLESS_LABEL = 'service.kubernetes.io/headless';

/** Whether a pod that a service selects can be one of its endpoints at all. */
export function canBeEndpoint(pod: Pod, { includeTerminating }: { includeTerminating: boolean }): boolean {
  if (isPodTerminal(pod) || podAddresses(pod).length === 0) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

export function podAddresses(pod: Pod): string[] {
  const all = (pod.status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined && ip !== '');
  return all.length > 0 ? all : pod.status?.podIP ? [pod.status.podIP] : [];
}

/** The number behind a service port's target on this pod; undefined where the pod has no port of that name and protocol. */
export function targetPort(pod: Pod, port: DeepReadonly<ServicePort>): number | undefined {
  if (typeof port.targetPort === 'number') return port.targetPort === 0 ? port.port : port.targetPort;
  if (port.targetPort === undefined || port.targetPort === '') return port.port;
  const restartable = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  for (const container of [...pod.spec.containers, ...restartable])
    for (const { name, protocol, containerPort } of container.ports ?? [])
      if (name === port.targetPort && (protocol ?? 'TCP') === (port.protocol ?? 'TCP')) return containerPort;
  return undefined;
}

/** The pod's name within the service's domain, where it has one. */
export function endpointHostname(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace ? hostname : undefined;
}

export function podReference(pod: Pod): ObjectReference {
  return { kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid };
}

export const isHeadless = (service: Service): boolean => service.spec.clusterIP === 'None';
export const isIPv6 = (address: string): boolean => address.includes(':');

/** Whether the control plane manages this service's endpoints: it selects pods and is not just a name elsewhere. */
export function hasManagedEndpoints({ spec }: Service): boolean {
  return spec.selector !== undefined && spec.selector !== null && spec.type !== 'ExternalName';
}
