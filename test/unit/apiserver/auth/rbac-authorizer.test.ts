import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forbiddenBy, RbacAuthorizer } from '../../../../apiserver/auth/rbac-authorizer.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';

const user = { name: 'x', groups: [] };

describe('RbacAuthorizer', () => {
  test('reads roles anew only when one changed', () => {
    const objects: Record<string, unknown[]> = { roles: [], rolebindings: [], clusterroles: [], clusterrolebindings: [] };
    let changed = 1;
    let reads = 0;
    const reader = {
      list: (resource: string) => {
        reads++;
        return objects[resource] as UntypedObject[];
      },
    };
    const authorizer = new RbacAuthorizer(reader, () => changed);
    const ask = () => authorizer.authorize(user, { verb: 'get', group: '', resource: 'pods' }).allowed;
    assert.equal(ask(), false);
    objects.clusterroles = [{ metadata: { name: 'r' }, rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] }];
    objects.clusterrolebindings = [
      { metadata: { name: 'b' }, roleRef: { kind: 'ClusterRole', name: 'r' }, subjects: [{ kind: 'User', name: 'x' }] },
    ];
    assert.equal(ask(), false);
    assert.equal(reads, 4);
    changed = 2;
    assert.equal(ask(), true);
    assert.equal(reads, 8);
  });
});

describe('forbiddenBy', () => {
  const cases = [
    {
      attributes: { verb: 'list', group: '', resource: 'pods', namespace: 'default' },
      want: 'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default"',
    },
    {
      attributes: { verb: 'get', group: 'apps', resource: 'deployments', subresource: 'scale', name: 'd' },
      want: 'deployments.apps "d" is forbidden: User "x" cannot get resource "deployments/scale" in API group "apps" at the cluster scope',
    },
    { attributes: { verb: 'get', path: '/metrics' }, want: 'forbidden: User "x" cannot get path "/metrics"' },
  ];
  for (const { attributes, want } of cases) test(want, () => assert.equal(forbiddenBy(user, attributes).message, want));

  test('has the details of what it is about, and the reason', () => {
    const { status } = forbiddenBy(user, { verb: 'get', group: 'apps', resource: 'deployments', name: 'd' }, 'no');
    assert.deepEqual(status.details, { name: 'd', group: 'apps', kind: 'deployments' });
    assert.equal(status.message?.endsWith('at the cluster scope: no'), true);
  });
});
