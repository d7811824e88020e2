import type { Node } from '../../shared/api/generated/core-v1.ts';
import type { Endpoint, EndpointHints, EndpointPort } from '../../shared/api/generated/discovery-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import {
  canBeEndpoint,
  endpointHostname,
  isIPv6,
  podAddresses,
  podReference,
  type Service,
  targetPort,
} from '../endpoints/pod-endpoint.ts';
import { isPodReady, type Pod } from '../pods/pod-state.ts';
import type { AddressType } from './plan-endpoint-slices.ts';

export const ZONE_LABEL = 'topology.kubernetes.io/zone';

export interface DesiredEndpoint {
  addressType: AddressType;
  ports: EndpointPort[];
  endpoint: Endpoint;
}

/**
 * The endpoints that a service's pods make, one per address family of the service. A pod on a node that is not known is left out,
 * unless the service publishes all addresses.
 */
export function desiredEndpoints(
  service: Service,
  pods: readonly Pod[],
  nodeNamed: (name: string) => DeepReadonly<Node> | undefined,
): DesiredEndpoint[] {
  const publishAll = service.spec.publishNotReadyAddresses === true;
  const types = addressTypes(service);
  return pods.flatMap((pod) => {
    if (!canBeEndpoint(pod, { includeTerminating: true })) return [];
    const node = pod.spec.nodeName ? nodeNamed(pod.spec.nodeName) : undefined;
    if (pod.spec.nodeName && node === undefined && !publishAll) return [];
    const ports = slicePorts(service, pod);
    return types.flatMap((addressType) => {
      const addresses = podAddresses(pod).filter((address) => isIPv6(address) === (addressType === 'IPv6'));
      return addresses.length === 0 ? [] : [{ addressType, ports, endpoint: endpointFor(service, pod, node, addresses) }];
    });
  });
}

/** The families in which a service has addresses. */
export function addressTypes({ spec }: Service): AddressType[] {
  const families = (spec.ipFamilies ?? []).filter((family) => family !== '');
  if (families.length > 0) return [...families];
  return [isIPv6(spec.clusterIP ?? '') ? 'IPv6' : 'IPv4'];
}

function endpointFor(service: Service, pod: Pod, node: DeepReadonly<Node> | undefined, addresses: string[]): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = endpointHostname(pod, service);
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  const hints = ready ? trafficHints(service, zone, pod.spec.nodeName) : undefined;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && { hostname }),
    targetRef: podReference(pod),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone !== undefined && { zone }),
    ...(hints !== undefined && { hints }),
  };
}

/** Where traffic should come from: `spec.trafficDistribution`. */
function trafficHints({ spec }: Service, zone: string | undefined, nodeName: string | undefined): EndpointHints | undefined {
  const sameNode = spec.trafficDistribution === 'PreferSameNode';
  const sameZone = sameNode || spec.trafficDistribution === 'PreferClose' || spec.trafficDistribution === 'PreferSameZone';
  const hints: EndpointHints = {
    ...(sameZone && zone !== undefined && { forZones: [{ name: zone }] }),
    ...(sameNode && nodeName && { forNodes: [{ name: nodeName }] }),
  };
  return Object.keys(hints).length === 0 ? undefined : hints;
}

function slicePorts(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = targetPort(pod, servicePort);
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return port === undefined ? [] : [{ name, protocol, port, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}
