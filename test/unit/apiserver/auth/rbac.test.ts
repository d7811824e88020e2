import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { authorize, type RbacAttributes, type RbacUser } from '../../../../apiserver/auth/rbac.ts';
import { type RbacObjects, RbacPolicy } from '../../../../apiserver/auth/rbac-policy.ts';

const GROUP = 'rbac.authorization.k8s.io';
const role = (name: string, rules: object[], more: object = {}) => ({ metadata: { name, ...more }, rules });
const bind = (roleName: string, subject: object, more: { namespace?: string; kind?: string } = {}) => ({
  metadata: { name: `to-${roleName}`, ...(more.namespace === undefined ? {} : { namespace: more.namespace }) },
  roleRef: { apiGroup: GROUP, kind: more.kind ?? 'ClusterRole', name: roleName },
  subjects: [subject],
});

const policy = new RbacPolicy({
  clusterRoles: [
    role('pod-reader', [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }]),
    role('log-reader', [{ verbs: ['get'], apiGroups: [''], resources: ['pods/log'] }]),
    role('scaler', [{ verbs: ['update'], apiGroups: ['*'], resources: ['*/scale'] }]),
    role('one-secret', [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a'] }]),
    role('paths', [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/apis/*'] }]),
    { metadata: { name: 'all-of-it' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] } },
    role('part', [{ verbs: ['create'], apiGroups: ['apps'], resources: ['deployments'] }], { labels: { part: 'yes' } }),
  ],
  roles: [role('local', [{ verbs: ['*'], apiGroups: [''], resources: ['configmaps'] }], { namespace: 'n' })],
  clusterRoleBindings: [
    bind('pod-reader', { kind: 'Group', name: 'readers' }),
    bind('log-reader', { kind: 'User', name: 'ann' }),
    bind('scaler', { kind: 'User', name: 'ann' }),
    bind('one-secret', { kind: 'User', name: 'ann' }),
    bind('paths', { kind: 'User', name: 'ann' }),
    bind('all-of-it', { kind: 'User', name: 'ann' }),
    bind('gone', { kind: 'User', name: 'bob' }),
  ],
  roleBindings: [
    bind('local', { kind: 'User', name: 'ann' }, { namespace: 'n', kind: 'Role' }),
    bind('pod-reader', { kind: 'ServiceAccount', name: 'robot' }, { namespace: 'n' }),
  ],
} as unknown as RbacObjects);

const ann: RbacUser = { name: 'ann', groups: ['system:authenticated'] };
const reader: RbacUser = { name: 'r', groups: ['readers'] };
const robot: RbacUser = { name: 'system:serviceaccount:n:robot', groups: ['system:serviceaccounts'] };
const pods = { verb: 'list', group: '', resource: 'pods' };

describe('authorize', () => {
  const cases: { name: string; user: RbacUser; attributes: RbacAttributes; want: boolean }[] = [
    { name: 'allows by group', user: reader, attributes: { ...pods, namespace: 'n' }, want: true },
    { name: 'allows no other verb', user: reader, attributes: { ...pods, verb: 'delete' }, want: false },
    { name: 'allows no other group', user: reader, attributes: { ...pods, group: 'apps' }, want: false },
    {
      name: 'does not take a resource for its subresource',
      user: reader,
      attributes: { ...pods, verb: 'get', subresource: 'log' },
      want: false,
    },
    { name: 'allows a subresource', user: ann, attributes: { ...pods, verb: 'get', subresource: 'log' }, want: true },
    { name: 'does not take a subresource for its resource', user: ann, attributes: { ...pods, verb: 'get' }, want: false },
    {
      name: 'allows a subresource of any resource',
      user: ann,
      attributes: { verb: 'update', group: 'apps', resource: 'deployments', subresource: 'scale' },
      want: true,
    },
    { name: 'allows by name', user: ann, attributes: { verb: 'get', group: '', resource: 'secrets', name: 'a' }, want: true },
    { name: 'allows no other name', user: ann, attributes: { verb: 'get', group: '', resource: 'secrets', name: 'b' }, want: false },
    { name: 'allows a path', user: ann, attributes: { verb: 'get', path: '/healthz' }, want: true },
    { name: 'allows what a path begins with', user: ann, attributes: { verb: 'get', path: '/apis/apps' }, want: true },
    { name: 'allows no other path', user: ann, attributes: { verb: 'get', path: '/metrics' }, want: false },
    { name: 'does not take paths for resources', user: reader, attributes: { verb: 'get', path: '/api' }, want: false },
    {
      name: 'allows in the namespace of the role',
      user: ann,
      attributes: { verb: 'delete', group: '', resource: 'configmaps', namespace: 'n' },
      want: true,
    },
    {
      name: 'not in another namespace',
      user: ann,
      attributes: { verb: 'delete', group: '', resource: 'configmaps', namespace: 'm' },
      want: false,
    },
    { name: 'not in all namespaces', user: ann, attributes: { verb: 'list', group: '', resource: 'configmaps' }, want: false },
    {
      name: 'takes a service account to be of the namespace of its binding',
      user: robot,
      attributes: { ...pods, namespace: 'n' },
      want: true,
    },
    { name: 'allows by aggregated roles', user: ann, attributes: { verb: 'create', group: 'apps', resource: 'deployments' }, want: true },
    {
      name: 'allows superusers everything',
      user: { name: 'x', groups: ['system:masters'] },
      attributes: { verb: 'x', path: '/y' },
      want: true,
    },
  ];
  for (const { name, user, attributes, want } of cases) {
    test(name, () => assert.equal(authorize(user, attributes, policy).allowed, want));
  }

  test('says which binding allowed it', () => {
    assert.equal(
      authorize(reader, pods, policy).reason,
      'RBAC: allowed by ClusterRoleBinding "to-pod-reader" of ClusterRole "pod-reader" to Group "readers"',
    );
    assert.equal(
      authorize(robot, { ...pods, namespace: 'n' }, policy).reason,
      'RBAC: allowed by RoleBinding "to-pod-reader/n" of ClusterRole "pod-reader" to ServiceAccount "robot/n"',
    );
  });
  test('says which role is missing', () => {
    assert.deepEqual(authorize({ name: 'bob', groups: [] }, pods, policy), {
      allowed: false,
      reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    });
  });
});
