import type { Service } from '../shared/api/generated/core-v1.ts';
import type { EndpointSlice } from '../shared/api/generated/discovery-v1.ts';
import type { DeepReadonly } from '../shared/api/meta.ts';
import type { Address, ServicePort } from './proxier.ts';

export interface PlanInput {
  service: DeepReadonly<Service> | undefined;
  slices: readonly DeepReadonly<EndpointSlice>[];
  /** Where NodePorts are served. */
  nodePortIps: readonly string[];
  nodeName: string;
}

/** Source: DefaultClientIPServiceAffinitySeconds. */
const AFFINITY_SECONDS = 10_800;
/** Services with this label are another proxy's. */
const OTHER_PROXY = 'service.kubernetes.io/service-proxy-name';

/** What is to be served for one service: pure, from the service and its endpoint slices. */
export function planServicePorts({ service, slices, nodePortIps, nodeName }: PlanInput): ServicePort[] {
  if (service === undefined || service.spec.type === 'ExternalName' || service.metadata.labels?.[OTHER_PROXY] !== undefined) return [];
  const clusterIps = (service.spec.clusterIPs ?? [service.spec.clusterIP ?? '']).filter((ip) => ip !== '' && ip !== 'None');
  if (clusterIps.length === 0) return [];
  const affinityMs =
    service.spec.sessionAffinity === 'ClientIP'
      ? (service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS) * 1000
      : undefined;
  const onlyLocal = service.spec.internalTrafficPolicy === 'Local';
  return (service.spec.ports ?? []).flatMap((port): ServicePort[] => {
    const protocol = port.protocol ?? 'TCP';
    if (protocol === 'SCTP') return [];
    const nodePort = port.nodePort ?? 0;
    return [
      {
        id: `${service.metadata.namespace}/${service.metadata.name}:${port.name ?? ''}/${protocol}`,
        protocol,
        frontends: [
          ...clusterIps.map((ip) => ({ ip, port: port.port })),
          ...(nodePort === 0 ? [] : nodePortIps.map((ip) => ({ ip, port: nodePort }))),
        ],
        endpoints: chooseEndpoints(slices, port.name ?? '', protocol, onlyLocal ? nodeName : undefined),
        affinityMs,
      },
    ];
  });
}

/**
 * Ready endpoints; when there are none, those that still serve while they terminate, so that a rolling update loses nothing.
 * Source: kube-proxy CategorizeEndpoints.
 */
function chooseEndpoints(slices: PlanInput['slices'], portName: string, protocol: string, onlyNode: string | undefined): Address[] {
  const ready = new Map<string, Address>();
  const lastResort = new Map<string, Address>();
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    const port = slice.ports?.find((candidate) => (candidate.name ?? '') === portName && (candidate.protocol ?? 'TCP') === protocol)?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions, nodeName } of slice.endpoints ?? []) {
      const ip = addresses[0];
      if (ip === undefined || (onlyNode !== undefined && nodeName !== onlyNode)) continue;
      const address = { ip, port };
      if (conditions?.ready !== false) ready.set(`${ip}:${port}`, address);
      else if (conditions.serving === true && conditions.terminating === true) lastResort.set(`${ip}:${port}`, address);
    }
  }
  const chosen = ready.size > 0 ? ready : lastResort;
  return [...chosen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
}
