import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseResourcePath } from '../../../../apiserver/routes/request-info.ts';

describe('parseResourcePath', () => {
  const none = { group: '', version: 'v1', namespace: '', plural: '', name: '', subresource: '', rest: '', watch: false };
  const cases = [
    { path: '/api/v1/pods', want: { ...none, plural: 'pods' } },
    { path: '/api/v1/namespaces/a/pods/b', want: { ...none, namespace: 'a', plural: 'pods', name: 'b' } },
    { path: '/api/v1/namespaces/a/pods/b/log', want: { ...none, namespace: 'a', plural: 'pods', name: 'b', subresource: 'log' } },
    { path: '/api/v1/namespaces', want: { ...none, plural: 'namespaces' } },
    { path: '/api/v1/namespaces/a', want: { ...none, plural: 'namespaces', name: 'a' } },
    { path: '/api/v1/namespaces/a/finalize', want: { ...none, plural: 'namespaces', name: 'a', subresource: 'finalize' } },
    { path: '/api/v1/watch/namespaces/a/pods', want: { ...none, namespace: 'a', plural: 'pods', watch: true } },
    { path: '/api/v1/nodes/n/proxy/a/b', want: { ...none, plural: 'nodes', name: 'n', subresource: 'proxy', rest: 'a/b' } },
    { path: '/apis/apps/v1/deployments', want: { ...none, group: 'apps', plural: 'deployments' } },
    {
      path: '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      want: { ...none, group: 'rbac.authorization.k8s.io', plural: 'clusterroles', name: 'system:node' },
    },
    { path: '/api', want: undefined },
    { path: '/apis/apps', want: undefined },
    { path: '/version', want: undefined },
  ];
  for (const { path, want } of cases) test(path, () => assert.deepEqual(parseResourcePath(path), want));
  test('a malformed escape is an error', () => assert.throws(() => parseResourcePath('/api/v1/pods/%zz'), URIError));
});
