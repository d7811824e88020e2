import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../../shared/api/generated/rbac-v1.ts';
import type { DeepPartial } from '../../shared/api/meta.ts';
import type { ResourceId } from '../../shared/api/scheme.ts';
import { CLUSTER_ROLES } from './bootstrap-rbac-cluster-roles.ts';
import { CONTROLLER_ROLES } from './bootstrap-rbac-controller-roles.ts';
import { allow, EVENTS, READ } from './bootstrap-rbac-rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;

interface BootstrapObject {
  resource: ResourceId;
  object: DeepPartial<ClusterRole | ClusterRoleBinding | Role | RoleBinding>;
}

/** The default roles and bindings of a cluster, roles before bindings. Source: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy. */
export function bootstrapObjects(): BootstrapObject[] {
  return [
    ...CLUSTER_ROLES.map(({ name, labels, rules, aggregate }) => clusterRole(name, { rules, labels, aggregate })),
    ...Object.entries(CONTROLLER_ROLES).map(([name, rules]) => clusterRole(`system:controller:${name}`, { rules })),
    ...NAMESPACE_ROLES.map(({ namespace, name, rules }) => namespaceRole(namespace, name, rules)),
    ...CLUSTER_BINDINGS.map(([name, subjects]) => clusterBinding(name, subjects)),
    // Deviation: our controllers share the identity of their process, so that it is bound beside their service accounts.
    ...Object.keys(CONTROLLER_ROLES).map((name) =>
      clusterBinding(`system:controller:${name}`, [serviceAccount('kube-system', name), user('system:kube-controller-manager')]),
    ),
    ...NAMESPACE_BINDINGS.map(({ namespace, name, role, subjects }) => namespaceBinding(namespace, { name, role, subjects })),
  ];
}

const user = (name: string): Subject => ({ kind: 'User', apiGroup: GROUP, name });
const group = (name: string): Subject => ({ kind: 'Group', apiGroup: GROUP, name });
const serviceAccount = (namespace: string, name: string): Subject => ({ kind: 'ServiceAccount', name, namespace });

const CLUSTER_BINDINGS: [name: string, subjects: Subject[]][] = [
  ['cluster-admin', [group('system:masters')]],
  ['system:monitoring', [group('system:monitoring')]],
  ['system:discovery', [group('system:authenticated')]],
  ['system:basic-user', [group('system:authenticated')]],
  ['system:public-info-viewer', [group('system:authenticated'), group('system:unauthenticated')]],
  ['system:node-proxier', [user('system:kube-proxy')]],
  ['system:kube-controller-manager', [user('system:kube-controller-manager')]],
  ['system:kube-dns', [serviceAccount('kube-system', 'kube-dns')]],
  ['system:kube-scheduler', [user('system:kube-scheduler')]],
  ['system:volume-scheduler', [user('system:kube-scheduler')]],
  ['system:service-account-issuer-discovery', [group('system:serviceaccounts')]],
  // Deviation: upstream leaves this binding empty, since there the node authoriser decides for nodes.
  ['system:node', [group('system:nodes')]],
];

const LEADERS = ['kube-controller-manager', 'kube-scheduler'];

const NAMESPACE_ROLES: { namespace: string; name: string; rules: PolicyRule[] }[] = [
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: [allow(READ, 'core', 'configmaps', 'extension-apiserver-authentication')],
  },
  { namespace: 'kube-system', name: 'system:controller:bootstrap-signer', rules: [allow(READ, 'core', 'secrets')] },
  { namespace: 'kube-system', name: 'system:controller:cloud-provider', rules: [allow('create,get,list,watch', 'core', 'configmaps')] },
  { namespace: 'kube-system', name: 'system:controller:token-cleaner', rules: [allow('get,list,watch,delete', 'core', 'secrets'), EVENTS] },
  ...LEADERS.map((name) => ({
    namespace: 'kube-system',
    name: `system::leader-locking-${name}`,
    rules: [allow('watch', 'core', 'configmaps'), allow('get,update', 'core', 'configmaps', name)],
  })),
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: [allow(READ, 'core', 'configmaps'), allow('update', 'core', 'configmaps', 'cluster-info'), EVENTS],
  },
];

const NAMESPACE_BINDINGS: { namespace: string; name: string; role: string; subjects: Subject[] }[] = [
  ...['bootstrap-signer', 'cloud-provider', 'token-cleaner'].map((name) => ({
    namespace: 'kube-system',
    name: `system:controller:${name}`,
    role: `system:controller:${name}`,
    subjects: [serviceAccount('kube-system', name)],
  })),
  ...LEADERS.map((name) => ({
    namespace: 'kube-system',
    name: `system::leader-locking-${name}`,
    role: `system::leader-locking-${name}`,
    subjects: [user(`system:${name}`), serviceAccount('kube-system', name)],
  })),
  {
    namespace: 'kube-system',
    name: 'system::extension-apiserver-authentication-reader',
    role: 'extension-apiserver-authentication-reader',
    subjects: LEADERS.map((name) => user(`system:${name}`)),
  },
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    role: 'system:controller:bootstrap-signer',
    subjects: [serviceAccount('kube-system', 'bootstrap-signer')],
  },
];

function metadata(name: string, namespace?: string, labels?: Record<string, string>): DeepPartial<Role['metadata']> {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

interface RoleParts {
  rules?: PolicyRule[] | undefined;
  labels?: Record<string, string> | undefined;
  aggregate?: string | undefined;
}

function clusterRole(name: string, { rules, labels, aggregate }: RoleParts): BootstrapObject {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${aggregate}`]: 'true' } }] };
  return {
    resource: 'clusterroles',
    object: {
      apiVersion: API_VERSION,
      kind: 'ClusterRole',
      metadata: metadata(name, undefined, labels),
      ...(rules === undefined ? {} : { rules }),
      ...(aggregate === undefined ? {} : { aggregationRule }),
    },
  };
}

function namespaceRole(namespace: string, name: string, rules: PolicyRule[]): BootstrapObject {
  return { resource: 'roles', object: { apiVersion: API_VERSION, kind: 'Role', metadata: metadata(name, namespace), rules } };
}

function clusterBinding(name: string, subjects: Subject[]): BootstrapObject {
  const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name };
  return {
    resource: 'clusterrolebindings',
    object: { apiVersion: API_VERSION, kind: 'ClusterRoleBinding', metadata: metadata(name), roleRef, subjects },
  };
}

function namespaceBinding(
  namespace: string,
  { name, role, subjects }: { name: string; role: string; subjects: Subject[] },
): BootstrapObject {
  const roleRef = { apiGroup: GROUP, kind: 'Role', name: role };
  return {
    resource: 'rolebindings',
    object: { apiVersion: API_VERSION, kind: 'RoleBinding', metadata: metadata(name, namespace), roleRef, subjects },
  };
}
