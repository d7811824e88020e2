import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fastify from 'fastify';
import { discoveryRoutes } from '../../../../apiserver/routes/discovery.ts';
import { BUILT_IN_RESOURCES, type ResourceInfo, resourceInfo } from '../../../../shared/api/scheme.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

async function ask(
  url: string,
  { accept = 'application/json', resources = BUILT_IN_RESOURCES as readonly ResourceInfo[], headers = {} } = {},
) {
  const app = fastify();
  await app.register(discoveryRoutes, { resources: () => resources });
  const answer = await app.inject({ method: 'GET', url, headers: { accept, ...headers } });
  await app.close();
  return { code: answer.statusCode, headers: answer.headers, body: answer.body === '' ? undefined : answer.json() };
}

describe('discovery', () => {
  test('lists the resources of the core group', async () => {
    const { body } = await ask('/api/v1');
    assert.equal(body.apiVersion, undefined);
    const byName = new Map<string, object>(body.resources.map((row: { name: string }) => [row.name, row]));
    assert.deepEqual(byName.get('pods'), {
      name: 'pods',
      singularName: 'pod',
      namespaced: true,
      kind: 'Pod',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['po'],
      categories: ['all'],
      storageVersionHash: 'xPOwRZ+Yhw8=',
    });
    assert.deepEqual(byName.get('pods/eviction'), {
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    });
    assert.deepEqual(byName.get('pods/binding'), {
      name: 'pods/binding',
      singularName: '',
      namespaced: true,
      kind: 'Binding',
      verbs: ['create'],
    });
    assert.deepEqual(byName.get('pods/log'), { name: 'pods/log', singularName: '', namespaced: true, kind: 'Pod', verbs: ['get'] });
    const names = body.resources.map((row: { name: string }) => row.name);
    assert.deepEqual(names, [...names].sort());
  });

  test('names the paths that are served', async () => {
    const { body } = await ask('/');
    for (const path of ['/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/healthz', '/version'])
      assert.ok(body.paths.includes(path), path);
  });

  test('lists groups in upstream order, the newest version of each first', async () => {
    const { body } = await ask('/apis');
    const names = body.groups.map((group: { name: string }) => group.name);
    assert.deepEqual(names.slice(0, 4), ['apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io']);
    const autoscaling = body.groups.find((group: { name: string }) => group.name === 'autoscaling');
    assert.deepEqual(
      autoscaling.versions.map((each: { version: string }) => each.version),
      ['v2', 'v1'],
    );
    assert.equal(autoscaling.preferredVersion.groupVersion, 'autoscaling/v2');
  });

  test('orders the versions of other groups as Kubernetes does', async () => {
    const versions = ['v1alpha1', 'v10beta3', 'foo', 'v2', 'v10'];
    const resources = versions.map((version) => ({ ...resourceInfo('pods'), group: 'example.com', version }));
    const { body } = await ask('/apis/example.com', { resources });
    assert.deepEqual(
      body.versions.map((each: { version: string }) => each.version),
      ['v10', 'v2', 'v10beta3', 'v1alpha1', 'foo'],
    );
  });

  test('aggregates on request', async () => {
    const { body, headers } = await ask('/apis', { accept: `${AGGREGATED},application/json` });
    assert.equal(headers['content-type'], AGGREGATED);
    assert.equal(headers.vary, 'Accept');
    const apps = body.items.find((item: { metadata: { name: string } }) => item.metadata.name === 'apps');
    const deployments = apps.versions[0].resources.find((each: { resource: string }) => each.resource === 'deployments');
    assert.deepEqual(deployments.responseKind, { group: 'apps', version: 'v1', kind: 'Deployment' });
    assert.equal(deployments.scope, 'Namespaced');
    assert.deepEqual(deployments.subresources[0], {
      subresource: 'scale',
      responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      verbs: ['get', 'patch', 'update'],
    });
    const core = await ask('/api', { accept: AGGREGATED.replace('v=v2', 'v=v2beta1') });
    assert.equal(core.body.apiVersion, 'apidiscovery.k8s.io/v2beta1');
    assert.deepEqual(
      core.body.items.map((item: { metadata: object }) => item.metadata),
      [{}],
    );
  });

  test('takes the plain form where the client prefers it', async () => {
    const { body } = await ask('/apis', { accept: `application/json,${AGGREGATED}` });
    assert.equal(body.kind, 'APIGroupList');
  });

  test('answers 304 to its own ETag', async () => {
    const { headers } = await ask('/apis');
    assert.equal((await ask('/apis', { headers: { 'if-none-match': headers.etag } })).code, 304);
  });

  test('knows no other group or version', async () => {
    for (const url of ['/apis/none', '/apis/apps/v9', '/api/v2']) assert.notEqual((await ask(url)).code, 200, url);
  });

  test('follows the resources that are served', async () => {
    let resources: readonly ResourceInfo[] = [resourceInfo('pods')];
    const app = fastify();
    await app.register(discoveryRoutes, { resources: () => resources });
    const groups = async () => (await app.inject('/apis')).json().groups.map((group: { name: string }) => group.name);
    assert.deepEqual(await groups(), []);
    resources = [...resources, resourceInfo('deployments')];
    assert.deepEqual(await groups(), ['apps']);
    await app.close();
  });

  test('says which Kubernetes it is', async () => {
    const { body } = await ask('/version');
    assert.equal(`${body.major}.${body.minor}`, '1.36');
    assert.match(body.gitVersion, /^v1\.36\.\d+/);
  });
});
