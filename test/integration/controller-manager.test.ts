import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startApiServer } from '../support/in-process-apiserver.ts';
import { startControllers } from '../support/run-controllers.ts';

test('controller-manager: one of two leads, and the other takes over at once when it stops', async () => {
  const api = await startApiServer();
  const flags = ['--leader-elect'];
  const first = await startControllers(api.clientConfig, ['serviceaccount-controller'], { flags });
  const holder = async () => (await api.client.get('leases', 'kube-system/kube-controller-manager')).spec.holderIdentity;
  const leader = await holder();
  const second = await startControllers(api.clientConfig, ['serviceaccount-controller'], { flags });
  assert.equal(await holder(), leader);
  await first.stop();
  await eventually(
    async () => {
      const next = await holder();
      assert.ok(next && next !== leader);
    },
    { withinMs: 10_000 },
  );
  await api.client.create('namespaces', { metadata: { name: 'later' } });
  await eventually(() => api.client.get('serviceaccounts', 'later/default'));
  await second.stop();
  await api.stop();
});

test('controller-manager: all controllers together bring up a deployment and take it away with its namespace', async () => {
  const api = await startApiServer();
  const controllers = await startControllers(api.clientConfig, ['*']);
  await api.client.create('namespaces', { metadata: { name: 'demo' } });
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } };
  await api.client.create('deployments', {
    metadata: { name: 'web', namespace: 'demo' },
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template },
  });
  await eventually(async () => assert.equal((await api.client.list('pods', { namespace: 'demo' })).items.length, 2));
  await api.client.delete('namespaces', 'demo');
  await eventually(
    async () => {
      const names = (await api.client.list('namespaces')).items.map(({ metadata }) => metadata.name);
      assert.ok(!names.includes('demo'));
    },
    { withinMs: 15_000 },
  );
  assert.deepEqual((await api.client.list('pods', { namespace: 'demo' })).items, []);
  await controllers.stop();
  await api.stop();
});
