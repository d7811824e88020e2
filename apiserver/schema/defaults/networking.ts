import { fill, type JsonRecord, recordAt, recordsAt, stringAt } from '../record.ts';
import type { Defaults } from './defaults.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Network policies, ingress classes, role bindings, priority classes. Source: kubernetes pkg/apis/{networking,rbac,scheduling}/v1/defaults.go. */
export const NETWORKING_DEFAULTS: Defaults = {
  'networking.k8s.io/v1/NetworkPolicy': defaultNetworkPolicy,
  'networking.k8s.io/v1/IngressClass': (object) => {
    const parameters = recordAt(recordAt(object, 'spec'), 'parameters');
    if (parameters !== undefined) fill(parameters, 'scope', 'Cluster');
  },
  [`${RBAC_GROUP}/v1/RoleBinding`]: defaultBinding,
  [`${RBAC_GROUP}/v1/ClusterRoleBinding`]: defaultBinding,
  'scheduling.k8s.io/v1/PriorityClass': (object) => fill(object, 'preemptionPolicy', 'PreemptLowerPriority'),
};

function defaultNetworkPolicy(policy: JsonRecord): void {
  const spec = recordAt(policy, 'spec');
  if (spec === undefined) return;
  for (const rule of [...recordsAt(spec, 'ingress'), ...recordsAt(spec, 'egress')]) {
    for (const port of recordsAt(rule, 'ports')) fill(port, 'protocol', 'TCP');
  }
  fill(spec, 'policyTypes', recordsAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
}

function defaultBinding(binding: JsonRecord): void {
  const role = recordAt(binding, 'roleRef');
  if (role !== undefined && stringAt(role, 'apiGroup') === '') role['apiGroup'] = RBAC_GROUP;
  for (const subject of recordsAt(binding, 'subjects')) {
    if (subject['kind'] === 'User' || subject['kind'] === 'Group') fill(subject, 'apiGroup', RBAC_GROUP);
  }
}
