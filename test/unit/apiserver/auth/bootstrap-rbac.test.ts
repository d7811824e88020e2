import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ensureBootstrapPolicy } from '../../../../apiserver/auth/bootstrap-rbac.ts';
import { bootstrapObjects } from '../../../../apiserver/auth/bootstrap-rbac-objects.ts';
import { RbacAuthorizer } from '../../../../apiserver/auth/rbac-authorizer.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';

function memory() {
  const objects = new Map<string, UntypedObject>();
  const writes: string[] = [];
  const key = (resource: string, { namespace = '', name }: { namespace?: string | undefined; name: string }) =>
    `${resource}/${namespace}/${name}`;
  return {
    objects,
    writes,
    get: (resource: string, namespace: string, name: string) => objects.get(key(resource, { namespace, name })),
    create: async (resource: string, object: UntypedObject) => void objects.set(key(resource, object.metadata), object),
    update: async (resource: string, object: UntypedObject) => {
      writes.push(key(resource, object.metadata));
      objects.set(key(resource, object.metadata), object);
    },
    list: (resource: string) => [...objects].filter(([at]) => at.startsWith(`${resource}/`)).map(([, object]) => object),
  };
}

describe('ensureBootstrapPolicy', () => {
  test('makes every object once', async () => {
    const store = memory();
    await ensureBootstrapPolicy(store);
    assert.equal(store.objects.size, bootstrapObjects().length);
    await ensureBootstrapPolicy(store);
    assert.deepEqual(store.writes, []);
  });

  test('gives back what was taken away, but only that', async () => {
    const store = memory();
    await ensureBootstrapPolicy(store);
    const changed = structuredClone(store.get('clusterroles', '', 'system:basic-user')) as UntypedObject & { rules: object[] };
    const extra = { verbs: ['get'], apiGroups: ['x'], resources: ['y'] };
    const [, lost] = changed.rules;
    changed.rules = [changed.rules[0] as object, extra];
    store.objects.set('clusterroles//system:basic-user', changed);
    await ensureBootstrapPolicy(store);
    assert.deepEqual(store.writes, ['clusterroles//system:basic-user']);
    assert.deepEqual((store.get('clusterroles', '', 'system:basic-user') as typeof changed).rules.slice(1), [extra, lost]);
  });

  test('leaves alone what is not to be updated', async () => {
    const store = memory();
    store.objects.set('clusterroles//view', {
      metadata: { name: 'view', annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
    } as unknown as UntypedObject);
    await ensureBootstrapPolicy(store);
    assert.deepEqual(store.writes, []);
  });
});

describe('the default policy', () => {
  const cases: { user: string; groups?: string[]; verb: string; what: string; want: boolean }[] = [
    { user: 'system:kube-scheduler', verb: 'create', what: '/pods/binding', want: true },
    { user: 'system:kube-scheduler', verb: 'list', what: 'storage.k8s.io/csinodes', want: true },
    { user: 'system:kube-scheduler', verb: 'create', what: '/pods', want: false },
    { user: 'system:kube-controller-manager', verb: 'create', what: '/pods', want: true },
    { user: 'system:kube-controller-manager', verb: 'update', what: 'apps/deployments/status', want: true },
    { user: 'system:kube-controller-manager', verb: 'watch', what: 'apps/deployments', want: true },
    { user: 'system:kube-proxy', verb: 'watch', what: 'discovery.k8s.io/endpointslices', want: true },
    { user: 'system:kube-proxy', verb: 'get', what: '/secrets', want: false },
    { user: 'system:node:n1', groups: ['system:nodes'], verb: 'patch', what: '/pods/status', want: true },
    {
      user: 'somebody',
      groups: ['system:authenticated'],
      verb: 'create',
      what: 'authorization.k8s.io/selfsubjectaccessreviews',
      want: true,
    },
    { user: 'somebody', groups: ['system:authenticated'], verb: 'list', what: '/pods', want: false },
  ];
  for (const { user, groups = [], verb, what, want } of cases) {
    test(`${want ? 'lets' : 'does not let'} ${user} ${verb} ${what}`, async () => {
      const store = memory();
      await ensureBootstrapPolicy(store);
      const [group = '', resource = '', subresource = ''] = what.split('/');
      const { allowed } = new RbacAuthorizer(store, () => 1).authorize({ name: user, groups }, { verb, group, resource, subresource });
      assert.equal(allowed, want);
    });
  }

  test('lets a namespace admin do what editors and viewers may, and bind roles', async () => {
    const store = memory();
    await ensureBootstrapPolicy(store);
    const binding = {
      metadata: { name: 'b', namespace: 'n' },
      roleRef: { kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'User', name: 'ann' }],
    };
    store.objects.set('rolebindings/n/b', binding as unknown as UntypedObject);
    const authorizer = new RbacAuthorizer(store, () => 1);
    const may = (verb: string, group: string, resource: string, namespace = 'n') =>
      authorizer.authorize({ name: 'ann', groups: [] }, { verb, group, resource, namespace }).allowed;
    assert.deepEqual(
      [
        may('list', '', 'pods'),
        may('create', 'apps', 'deployments'),
        may('create', 'rbac.authorization.k8s.io', 'rolebindings'),
        may('list', '', 'pods', 'm'),
        may('get', '', 'nodes'),
      ],
      [true, true, true, false, false],
    );
  });
});
