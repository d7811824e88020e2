import type { Service } from '../../../shared/api/generated/core-v1.ts';
import { dns1035Name } from '../../validation/names.ts';
import { validateService, validateServiceUpdate } from '../../validation/service.ts';
import type { Strategy } from '../strategy.ts';
import { keepStatus } from './status.ts';
import { typed } from './typed.ts';

/** What services keep beside their addresses and ports, which the allocators fill in before. Source: kubernetes pkg/registry/core/service/strategy.go. */
export const serviceStrategy: Strategy = {
  prepareForCreate(object) {
    object['status'] = { loadBalancer: {} };
    dropTypeDependent(typed<Service>(object).spec);
  },
  prepareForUpdate(object, old) {
    keepStatus(object, old);
    dropTypeDependent(typed<Service>(object).spec, typed<Service>(old).spec);
  },
  validate: (object) => validateService(typed<Service>(object)),
  validateUpdate: (object, old) => validateServiceUpdate(typed<Service>(object), typed<Service>(old)),
  validateName: dns1035Name,
  hasGeneration: false,
  allowCreateOnUpdate: true,
  selectableFields(object) {
    const { spec } = typed<Service>(object);
    return { 'spec.clusterIP': spec.clusterIP ?? '', 'spec.type': spec.type ?? '' };
  },
};

/** Takes away what only the former type had a use for, if the update left it as it was. Source: dropTypeDependentFields. */
function dropTypeDependent(spec: Service['spec'], old?: Service['spec']): void {
  if (old === undefined || spec.type === old.type) return;
  const hadPorts = old.type === 'NodePort' || old.type === 'LoadBalancer';
  const hasPorts = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (hadPorts && !hasPorts) {
    const before = new Map((old.ports ?? []).map((port) => [`${port.protocol ?? ''}/${port.port}`, port.nodePort]));
    for (const port of spec.ports ?? []) if (port.nodePort === before.get(`${port.protocol ?? ''}/${port.port}`)) delete port.nodePort;
    if ((spec.externalIPs ?? []).length === 0 && spec.externalTrafficPolicy === old.externalTrafficPolicy)
      delete spec.externalTrafficPolicy;
  }
  if (old.type === 'LoadBalancer') {
    delete spec.allocateLoadBalancerNodePorts;
    if (spec.healthCheckNodePort === old.healthCheckNodePort) delete spec.healthCheckNodePort;
    if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (old.type !== 'ExternalName' && spec.type === 'ExternalName') {
    if (spec.clusterIP === old.clusterIP) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    delete spec.ipFamilies;
    delete spec.ipFamilyPolicy;
    delete spec.internalTrafficPolicy;
  }
  if (old.type === 'ExternalName' && spec.externalName === old.externalName) delete spec.externalName;
}
