import { fill, type JsonRecord, recordAt, recordsAt, stringAt, stringsAt } from '../record.ts';
import type { Defaults } from './defaults.ts';

/** Seconds. Source: core/v1 DefaultClientIPServiceAffinitySeconds. */
const CLIENT_IP_AFFINITY_SECONDS = 10_800;

/** Services and their endpoints. Source: kubernetes pkg/apis/core/v1/defaults.go, pkg/apis/discovery/v1/defaults.go. */
export const SERVICE_DEFAULTS: Defaults = {
  '/v1/Service': defaultService,
  '/v1/Endpoints': (object) => {
    for (const subset of recordsAt(object, 'subsets')) for (const port of recordsAt(subset, 'ports')) fill(port, 'protocol', 'TCP');
  },
  'discovery.k8s.io/v1/EndpointSlice': (object) => {
    for (const port of recordsAt(object, 'ports')) {
      fill(port, 'name', '');
      fill(port, 'protocol', 'TCP');
    }
  },
};

function defaultService(service: JsonRecord): void {
  const spec = recordAt(service, 'spec');
  if (spec === undefined) return;
  fill(spec, 'sessionAffinity', 'None');
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] === 'ClientIP') {
    const config = recordAt(spec, 'sessionAffinityConfig') ?? {};
    const clientIP = recordAt(config, 'clientIP') ?? {};
    fill(clientIP, 'timeoutSeconds', CLIENT_IP_AFFINITY_SECONDS);
    spec['sessionAffinityConfig'] = { ...config, clientIP };
  }
  fill(spec, 'type', 'ClusterIP');
  for (const port of recordsAt(spec, 'ports')) {
    fill(port, 'protocol', 'TCP');
    if (port['targetPort'] === undefined || port['targetPort'] === 0 || port['targetPort'] === '') port['targetPort'] = port['port'];
  }
  const type = stringAt(spec, 'type');
  const loadBalancer = type === 'LoadBalancer';
  const internal = type === 'ClusterIP' || type === 'NodePort' || loadBalancer;
  const external = type === 'NodePort' || loadBalancer || (type === 'ClusterIP' && stringsAt(spec, 'externalIPs').length > 0);
  if (external) fill(spec, 'externalTrafficPolicy', 'Cluster');
  if (internal) fill(spec, 'internalTrafficPolicy', 'Cluster');
  if (!loadBalancer) return;
  fill(spec, 'allocateLoadBalancerNodePorts', true);
  for (const ingress of recordsAt(recordAt(recordAt(service, 'status'), 'loadBalancer'), 'ingress')) {
    if (stringAt(ingress, 'ip') !== '') fill(ingress, 'ipMode', 'VIP');
  }
}
