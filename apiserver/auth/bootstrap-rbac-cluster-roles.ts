import type { PolicyRule } from '../../shared/api/generated/rbac-v1.ts';
import { allow, allowPaths, EVENTS, READ, READ_WRITE, WRITE } from './bootstrap-rbac-rules.ts';

interface ClusterRoleRow {
  name: string;
  labels?: Record<string, string>;
  rules?: PolicyRule[];
  /** `admin`, `edit` or `view`: the rules are those of the roles labelled `rbac.authorization.k8s.io/aggregate-to-…`. */
  aggregate?: string;
}

const to = (role: string): Record<string, string> => ({ [`rbac.authorization.k8s.io/aggregate-to-${role}`]: 'true' });
const withStatus = (...resources: string[]): string => resources.flatMap((resource) => [resource, `${resource}/status`]).join(',');

const HEALTH = '/healthz,/livez,/readyz';
const TOKEN_REVIEWS = allow('create', 'authentication.k8s.io', 'tokenreviews');
const ACCESS_REVIEWS = allow('create', 'authorization.k8s.io', 'subjectaccessreviews');
const WORKLOADS =
  'daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale';

const VIEW = [
  allow(
    READ,
    'core',
    'configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status',
  ),
  allow(
    READ,
    'core',
    'bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status',
  ),
  allow(READ, 'core', 'namespaces'),
  allow(READ, 'discovery.k8s.io', 'endpointslices'),
  allow(
    READ,
    'apps',
    `controllerrevisions,deployments/scale,replicasets/scale,statefulsets/scale,${withStatus('daemonsets', 'deployments', 'replicasets', 'statefulsets')}`,
  ),
  allow(READ, 'autoscaling', withStatus('horizontalpodautoscalers')),
  allow(READ, 'batch', withStatus('cronjobs', 'jobs')),
  allow(
    READ,
    'extensions',
    `deployments/scale,networkpolicies,replicasets/scale,replicationcontrollers/scale,${withStatus('daemonsets', 'deployments', 'ingresses', 'replicasets')}`,
  ),
  allow(READ, 'policy', withStatus('poddisruptionbudgets')),
  allow(READ, 'networking.k8s.io', `networkpolicies,${withStatus('ingresses')}`),
  allow(READ, 'resource.k8s.io', `${withStatus('resourceclaims')},resourceclaimtemplates`),
];

const EDIT = [
  allow(READ, 'core', 'pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy'),
  allow('impersonate', 'core', 'serviceaccounts'),
  allow(WRITE, 'core', 'pods,pods/attach,pods/exec,pods/portforward,pods/proxy'),
  allow('create', 'core', 'pods/eviction'),
  allow(
    WRITE,
    'core',
    'configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy',
  ),
  allow('create', 'core', 'serviceaccounts/token'),
  allow(WRITE, 'apps', WORKLOADS),
  allow(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
  allow(WRITE, 'batch', 'cronjobs,jobs'),
  allow(
    WRITE,
    'extensions',
    'daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale',
  ),
  allow(WRITE, 'policy', 'poddisruptionbudgets'),
  allow(WRITE, 'networking.k8s.io', 'ingresses,networkpolicies'),
  allow(READ_WRITE, 'coordination.k8s.io', 'leases'),
  allow(WRITE, 'resource.k8s.io', 'resourceclaims,resourceclaimtemplates'),
];

const ADMIN = [
  allow('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  allow(READ_WRITE, 'rbac.authorization.k8s.io', 'rolebindings,roles'),
];

const NODE = [
  TOKEN_REVIEWS,
  allow('create', 'authorization.k8s.io', 'localsubjectaccessreviews,subjectaccessreviews'),
  allow(READ, 'core', 'services'),
  allow('create,get,list,watch', 'core', 'nodes'),
  allow('patch,update', 'core', 'nodes/status'),
  allow('patch,update', 'core', 'nodes'),
  EVENTS,
  allow(READ, 'core', 'pods'),
  allow('create,delete', 'core', 'pods'),
  allow('patch,update', 'core', 'pods/status'),
  allow('create', 'core', 'pods/eviction'),
  allow(READ, 'core', 'configmaps,secrets'),
  allow('get', 'core', 'persistentvolumeclaims,persistentvolumes'),
  allow('get', 'core', 'endpoints'),
  allow('create,get,list,watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  allow('create,delete,get,patch,update', 'coordination.k8s.io', 'leases'),
  allow('get', 'storage.k8s.io', 'volumeattachments'),
  allow('create', 'core', 'serviceaccounts/token'),
  allow('get,patch,update', 'core', 'persistentvolumeclaims/status'),
  allow(READ, 'storage.k8s.io', 'csidrivers'),
  allow('create,delete,get,patch,update', 'storage.k8s.io', 'csinodes'),
  allow(READ, 'node.k8s.io', 'runtimeclasses'),
  allow('get', 'resource.k8s.io', 'resourceclaims'),
  allow('deletecollection', 'resource.k8s.io', 'resourceslices'),
  allow('create,delete,get,list,patch,update,watch', 'resource.k8s.io', 'resourceslices'),
];

const SCHEDULER = [
  EVENTS,
  allow('create', 'coordination.k8s.io', 'leases'),
  allow('get,update', 'coordination.k8s.io', 'leases', 'kube-scheduler'),
  allow('create', 'coordination.k8s.io', 'leasecandidates'),
  allow(READ, 'core', 'nodes'),
  allow('delete,get,list,watch', 'core', 'pods'),
  allow('create', 'core', 'bindings,pods/binding'),
  allow('patch,update', 'core', 'pods/status'),
  allow(READ, 'core', 'replicationcontrollers,services'),
  allow(READ, 'apps,extensions', 'replicasets'),
  allow(READ, 'apps', 'statefulsets'),
  allow(READ, 'policy', 'poddisruptionbudgets'),
  allow(READ, 'core', 'persistentvolumeclaims,persistentvolumes'),
  TOKEN_REVIEWS,
  ACCESS_REVIEWS,
  allow(READ, 'storage.k8s.io', 'csinodes'),
  allow(READ, 'core', 'namespaces'),
  allow(READ, 'storage.k8s.io', 'csidrivers'),
  allow(READ, 'storage.k8s.io', 'csistoragecapacities'),
  allow(READ, 'resource.k8s.io', 'deviceclasses,resourceclaims,resourceslices'),
  allow('patch,update', 'resource.k8s.io', 'resourceclaims/status'),
];

const CONTROLLER_MANAGER = [
  EVENTS,
  allow('create', 'coordination.k8s.io', 'leases'),
  allow('get,update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
  allow('create', 'core', 'secrets,serviceaccounts'),
  allow('delete', 'core', 'secrets'),
  allow('get', 'core', 'configmaps,namespaces,secrets,serviceaccounts'),
  allow('update', 'core', 'secrets,serviceaccounts'),
  TOKEN_REVIEWS,
  ACCESS_REVIEWS,
  allow('list,watch', '*', '*'),
  allow('create', 'core', 'serviceaccounts/token'),
];

const approver = (name: string, signer: string): ClusterRoleRow => ({
  name: `system:certificates.k8s.io:${name}`,
  rules: [allow('approve', 'certificates.k8s.io', 'signers', `kubernetes.io/${signer}`)],
});

/** The default ClusterRoles but those of the controllers. Source: kubernetes bootstrappolicy ClusterRoles. */
export const CLUSTER_ROLES: readonly ClusterRoleRow[] = [
  { name: 'cluster-admin', rules: [allow('*', '*', '*'), allowPaths('*', '*')] },
  { name: 'system:discovery', rules: [allowPaths('get', `/api,/api/*,/apis,/apis/*,${HEALTH},/openapi,/openapi/*,/version,/version/`)] },
  { name: 'system:monitoring', rules: [allowPaths('get', `/healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*`)] },
  {
    name: 'system:basic-user',
    rules: [
      allow('create', 'authorization.k8s.io', 'selfsubjectaccessreviews,selfsubjectrulesreviews'),
      allow('create', 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  { name: 'system:public-info-viewer', rules: [allowPaths('get', `${HEALTH},/version,/version/`)] },
  { name: 'admin', aggregate: 'admin' },
  { name: 'edit', labels: to('admin'), aggregate: 'edit' },
  { name: 'view', labels: to('edit'), aggregate: 'view' },
  { name: 'system:aggregate-to-admin', labels: to('admin'), rules: ADMIN },
  { name: 'system:aggregate-to-edit', labels: to('edit'), rules: EDIT },
  { name: 'system:aggregate-to-view', labels: to('view'), rules: VIEW },
  { name: 'system:heapster', rules: [allow(READ, 'core', 'events,namespaces,nodes,pods'), allow(READ, 'extensions', 'deployments')] },
  { name: 'system:node', rules: NODE },
  { name: 'system:node-problem-detector', rules: [allow('get', 'core', 'nodes'), allow('patch', 'core', 'nodes/status'), EVENTS] },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      allow(READ, 'core', 'nodes'),
      allow('proxy', 'core', 'nodes'),
      allow('*', 'core', 'nodes/configz,nodes/healthz,nodes/log,nodes/metrics,nodes/pods,nodes/proxy,nodes/stats'),
    ],
  },
  { name: 'system:node-bootstrapper', rules: [allow('create,get,list,watch', 'certificates.k8s.io', 'certificatesigningrequests')] },
  { name: 'system:auth-delegator', rules: [TOKEN_REVIEWS, ACCESS_REVIEWS] },
  { name: 'system:kube-aggregator', rules: [allow(READ, 'core', 'endpoints,services'), allow(READ, 'discovery.k8s.io', 'endpointslices')] },
  { name: 'system:kube-controller-manager', rules: CONTROLLER_MANAGER },
  { name: 'system:kube-dns', rules: [allow('list,watch', 'core', 'endpoints,services')] },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      allow('create,delete,get,list,watch', 'core', 'persistentvolumes'),
      allow('get,list,update,watch', 'core', 'persistentvolumeclaims'),
      allow(READ, 'storage.k8s.io', 'storageclasses'),
      allow('watch', 'core', 'events'),
      EVENTS,
    ],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    rules: [allow('create', 'certificates.k8s.io', 'certificatesigningrequests/nodeclient')],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    rules: [allow('create', 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient')],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      allow('get,list,patch,update,watch', 'core', 'persistentvolumes'),
      allow(READ, 'storage.k8s.io', 'storageclasses'),
      allow('get,list,patch,update,watch', 'core', 'persistentvolumeclaims'),
    ],
  },
  approver('legacy-unknown-approver', 'legacy-unknown'),
  approver('kubelet-serving-approver', 'kubelet-serving'),
  approver('kube-apiserver-client-approver', 'kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet-approver', 'kube-apiserver-client-kubelet'),
  {
    name: 'system:node-proxier',
    rules: [
      allow('list,watch', 'core', 'endpoints,services'),
      allow(READ, 'core', 'nodes'),
      EVENTS,
      allow('list,watch', 'discovery.k8s.io', 'endpointslices'),
      allow('list,watch', 'networking.k8s.io', 'servicecidrs'),
    ],
  },
  { name: 'system:kube-scheduler', rules: SCHEDULER },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [allowPaths('get', '/.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/')],
  },
];
