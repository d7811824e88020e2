import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints as EndpointsObject } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { isPodReady, type Pod } from '../pods/pod-state.ts';
import {
  canBeEndpoint,
  endpointHostname,
  HEADLESS_LABEL,
  isHeadless,
  isIPv6,
  podAddresses,
  podReference,
  type Service,
  targetPort,
} from './pod-endpoint.ts';

export type Endpoints = DeepReadonly<EndpointsObject>;

export const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by';
/** Most addresses in one Endpoints object. Source: kubernetes endpoints controller maxCapacity. */
const MAX_ADDRESSES = 1000;

export interface EndpointsPlan {
  subsets: EndpointSubset[];
  labels: Record<string, string>;
  /** There were more pods than fit. */
  truncated: boolean;
}

/** The Endpoints that a service's pods make. Ports that the same addresses offer share a subset; all is in a fixed order. */
export function planEndpoints(service: Service, pods: readonly Pod[]): EndpointsPlan {
  const publishAll = service.spec.publishNotReadyAddresses === true;
  const family = wantsIPv6(service);
  const perPort = new Map<string, PortAddresses>();
  for (const pod of pods) {
    if (!canBeEndpoint(pod, { includeTerminating: publishAll })) continue;
    const ip = podAddresses(pod).find((candidate) => isIPv6(candidate) === family);
    if (ip === undefined) continue;
    const address = endpointAddress(service, pod, ip);
    for (const port of endpointPorts(service, pod)) {
      const key = JSON.stringify(port ?? null);
      const entry = perPort.get(key) ?? { port, ready: [], notReady: [] };
      (publishAll || isPodReady(pod) ? entry.ready : entry.notReady).push(address);
      perPort.set(key, entry);
    }
  }
  const labels = {
    ...service.metadata.labels,
    [MANAGED_BY_LABEL]: 'endpoint-controller',
    ...(isHeadless(service) && { [HEADLESS_LABEL]: '' }),
  };
  return { ...truncate(joinPorts([...perPort.values()])), labels };
}

interface PortAddresses {
  /** Undefined for a headless service without ports. */
  port: EndpointPort | undefined;
  ready: EndpointAddress[];
  notReady: EndpointAddress[];
}

function endpointPorts(service: Service, pod: Pod): (EndpointPort | undefined)[] {
  if ((service.spec.ports ?? []).length === 0) return isHeadless(service) ? [undefined] : [];
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = targetPort(pod, servicePort);
    const { name, protocol = 'TCP', appProtocol } = servicePort;
    return port === undefined ? [] : [{ ...(name && { name }), port, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}

/** One subset for all ports that exactly the same addresses offer. Source: kubernetes pkg/api/v1/endpoints RepackSubsets. */
function joinPorts(perPort: readonly PortAddresses[]): EndpointSubset[] {
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  for (const { port, ready, notReady } of perPort) {
    const key = [ready, notReady].map((addresses) => addresses.map(addressKey).sort().join()).join('|');
    const group = groups.get(key) ?? { ports: [], ready, notReady };
    if (port !== undefined) group.ports.push(port);
    groups.set(key, group);
  }
  const subsets = [...groups.values()].map((group) => subset({ ...group, ports: group.ports.sort(comparePorts) }));
  return subsets.sort(
    (a, b) =>
      compareText(JSON.stringify(a.ports ?? []), JSON.stringify(b.ports ?? [])) || compareText(JSON.stringify(a), JSON.stringify(b)),
  );
}

const addressKey = ({ ip, targetRef }: EndpointAddress): string => `${ip} ${targetRef?.uid ?? ''}`;
const comparePorts = (a: EndpointPort, b: EndpointPort): number =>
  compareText(a.name ?? '', b.name ?? '') || a.port - b.port || compareText(a.protocol ?? '', b.protocol ?? '');

function endpointAddress(service: Service, pod: Pod, ip: string): EndpointAddress {
  const hostname = endpointHostname(pod, service);
  const { nodeName } = pod.spec;
  return { ip, ...(hostname !== undefined && { hostname }), ...(nodeName && { nodeName }), targetRef: podReference(pod) };
}

function subset({
  ports,
  ready,
  notReady,
}: {
  ports: EndpointPort[];
  ready: EndpointAddress[];
  notReady: EndpointAddress[];
}): EndpointSubset {
  const sorted = (addresses: EndpointAddress[]): EndpointAddress[] =>
    [...addresses].sort((a, b) => compareText(a.ip, b.ip) || compareText(a.targetRef?.uid ?? '', b.targetRef?.uid ?? ''));
  return {
    ...(ready.length > 0 && { addresses: sorted(ready) }),
    ...(notReady.length > 0 && { notReadyAddresses: sorted(notReady) }),
    ...(ports.length > 0 && { ports }),
  };
}

/** Ready addresses are kept before those that are not. */
function truncate(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = (of: (subset: EndpointSubset) => unknown[] | undefined): number =>
    subsets.reduce((total, each) => total + (of(each)?.length ?? 0), 0);
  if (count((each) => each.addresses) + count((each) => each.notReadyAddresses) <= MAX_ADDRESSES) return { subsets, truncated: false };
  let room = MAX_ADDRESSES;
  const take = (addresses: EndpointAddress[] | undefined): EndpointAddress[] => {
    const taken = (addresses ?? []).slice(0, room);
    room -= taken.length;
    return taken;
  };
  const ready = subsets.map((each) => take(each.addresses));
  const notReady = subsets.map((each) => take(each.notReadyAddresses));
  const cut = subsets.map(({ ports }, i) => subset({ ports: ports ?? [], ready: ready[i] ?? [], notReady: notReady[i] ?? [] }));
  return { subsets: cut.filter((each) => each.addresses !== undefined || each.notReadyAddresses !== undefined), truncated: true };
}

/** Endpoints have one family: the service's first. */
function wantsIPv6({ spec }: Service): boolean {
  const [first] = spec.ipFamilies ?? [];
  return first === undefined ? isIPv6(spec.clusterIP ?? '') : first === 'IPv6';
}

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
