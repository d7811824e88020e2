import type { Endpoints, LoadBalancerStatus, Service } from '../../../shared/api/generated/core-v1.ts';
import type { EndpointSlice } from '../../../shared/api/generated/discovery-v1.ts';
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../../../shared/api/generated/networking-v1.ts';
import type { DeepReadonly } from '../../../shared/api/meta.ts';
import { since } from './human-duration.ts';
import { AGE, column, formatLabelSelector, formatLabels, NAME, orNone, type Printer, printer, wide } from './printer.ts';

/** Most entries of a list in one cell. */
const SHOWN = 3;

/** Printers of services and what stands before and behind them. */
export const network: Readonly<Record<string, Printer>> = {
  services: printer<Service>(
    [
      NAME,
      column('Type', {
        description:
          'type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ExternalName, ClusterIP, NodePort, and LoadBalancer. "ClusterIP" allocates a cluster-internal IP address for load-balancing to endpoints. Endpoints are determined by the selector or if that is not specified, by manual construction of an Endpoints object or EndpointSlice objects. If clusterIP is "None", no virtual IP is allocated and the endpoints are published as a set of endpoints rather than a virtual IP. "NodePort" builds on ClusterIP and allocates a port on every node which routes to the same endpoints as the clusterIP. "LoadBalancer" builds on NodePort and creates an external load-balancer (if supported in the current cloud) which routes to the same endpoints as the clusterIP. "ExternalName" aliases this service to the specified externalName. Several other fields do not apply to ExternalName services. More info: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types',
      }),
      column('Cluster-IP', {
        description:
          'clusterIP is the IP address of the service and is usually assigned randomly. If an address is specified manually, is in-range (as per system configuration), and is not in use, it will be allocated to the service; otherwise creation of the service will fail. This field may not be changed through updates unless the type field is also being changed to ExternalName (which requires this field to be blank) or the type field is being changed from ExternalName (in which case this field may optionally be specified, as describe above).  Valid values are "None", empty string (""), or a valid IP address. Setting this to "None" makes a "headless service" (no virtual IP), which is useful when direct endpoint connections are preferred and proxying is not required.  Only applies to types ClusterIP, NodePort, and LoadBalancer. If this field is specified when creating a Service of type ExternalName, creation will fail. This field will be wiped when updating a Service to type ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
      }),
      column('External-IP', {
        description:
          'externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.  These IPs are not managed by Kubernetes.  The user is responsible for ensuring that traffic arrives at a node with this IP.  A common example is external load-balancers that are not part of the Kubernetes system.',
      }),
      column('Port(s)', {
        description:
          'The list of ports that are exposed by this service. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
      }),
      AGE,
      wide(
        'Selector',
        'Route service traffic to pods with label keys and values matching this selector. If empty or not present, the service is assumed to have an external process managing its endpoints, which Kubernetes will not modify. Only applies to types ClusterIP, NodePort, and LoadBalancer. Ignored if type is ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/',
      ),
    ],
    (service, now) => [
      service.metadata.name,
      service.spec.type ?? '',
      orNone(service.spec.clusterIP),
      externalAddress(service),
      orNone(
        (service.spec.ports ?? [])
          .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`)
          .join(','),
      ),
      since(service.metadata.creationTimestamp, now),
      formatLabels(service.spec.selector),
    ],
  ),
  endpoints: printer<Endpoints>([NAME, column('Endpoints'), AGE], (endpoints, now) => [
    endpoints.metadata.name,
    formatEndpoints(endpoints),
    since(endpoints.metadata.creationTimestamp, now),
  ]),
  endpointslices: printer<EndpointSlice>(
    [NAME, column('AddressType'), column('Ports'), column('Endpoints'), AGE],
    ({ metadata, addressType, ports, endpoints }, now) => [
      metadata.name,
      addressType,
      listed(
        (ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port))),
        '<unset>',
      ),
      listed(
        (endpoints ?? []).flatMap(({ addresses }) => addresses),
        '<unset>',
      ),
      since(metadata.creationTimestamp, now),
    ],
  ),
  ingresses: printer<Ingress>(
    [NAME, column('Class'), column('Hosts'), column('Address'), column('Ports'), AGE],
    ({ metadata, spec, status }, now) => [
      metadata.name,
      orNone(spec.ingressClassName),
      listed(
        (spec.rules ?? []).map(({ host }) => host ?? '').filter((host) => host !== ''),
        '*',
      ),
      balancerAddresses(status?.loadBalancer),
      (spec.tls ?? []).length > 0 ? '80, 443' : '80',
      since(metadata.creationTimestamp, now),
    ],
  ),
  ingressclasses: printer<IngressClass>([NAME, column('Controller'), column('Parameters'), AGE], ({ metadata, spec }, now) => {
    const { apiGroup, kind, name } = spec.parameters ?? {};
    const parameters = kind === undefined ? '<none>' : `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
    return [metadata.name, spec.controller ?? '', parameters, since(metadata.creationTimestamp, now)];
  }),
  networkpolicies: printer<NetworkPolicy>([NAME, column('Pod-Selector'), AGE], ({ metadata, spec }, now) => [
    metadata.name,
    formatLabelSelector(spec.podSelector),
    since(metadata.creationTimestamp, now),
  ]),
  servicecidrs: printer<ServiceCIDR>([NAME, column('CIDRs'), AGE], ({ metadata, spec }, now) => [
    metadata.name,
    (spec.cidrs ?? []).join(','),
    since(metadata.creationTimestamp, now),
  ]),
  ipaddresses: printer<IPAddress>([NAME, column('ParentRef')], ({ metadata, spec }) => {
    const { group, resource, namespace, name } = spec.parentRef ?? {};
    const parts = [`${resource}${group ? `.${group}` : ''}`, ...(namespace ? [namespace] : []), name];
    return [metadata.name, spec.parentRef === undefined ? '<none>' : parts.join('/')];
  }),
};

function externalAddress({ spec, status }: DeepReadonly<Service>): string {
  const external = spec.externalIPs ?? [];
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  if (spec.type !== 'LoadBalancer') return orNone(external.join(','));
  const balancer = balancerAddresses(status?.loadBalancer);
  return [...(balancer === '' ? [] : balancer.split(',')), ...external].join(',') || '<pending>';
}

function balancerAddresses(status: DeepReadonly<Pick<LoadBalancerStatus, 'ingress'>> | undefined): string {
  const addresses = (status?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== '');
  return [...new Set(addresses)].sort().join(',');
}

function formatEndpoints({ subsets }: DeepReadonly<Endpoints>): string {
  const all = (subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0 ? addresses.map(({ ip }) => ip) : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))),
  );
  return listed(all, (subsets ?? []).length === 0 ? '<none>' : '');
}

function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function listed(items: readonly string[], none: string): string {
  if (items.length === 0) return none;
  const text = items.slice(0, SHOWN).join(',');
  return items.length > SHOWN ? `${text} + ${items.length - SHOWN} more...` : text;
}
