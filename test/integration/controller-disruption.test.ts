import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startApiServer } from '../support/in-process-apiserver.ts';
import { startControllers } from '../support/run-controllers.ts';
import { makePodsReady } from '../support/stand-in-kubelet.ts';

test('disruption-controller: a budget follows the pods of a deployment', async () => {
  const api = await startApiServer();
  const controllers = await startControllers(api.clientConfig, ['deployment-controller', 'replicaset-controller', 'disruption-controller']);
  const selector = { matchLabels: { app: 'web' } };
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } };
  await api.client.create('deployments', { metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 3, selector, template } });
  await api.client.create('poddisruptionbudgets', {
    metadata: { name: 'web', namespace: 'default' },
    spec: { maxUnavailable: 1, selector },
  });
  await eventually(async () => {
    await makePodsReady(api.client, 'default');
    const { status } = await api.client.get('poddisruptionbudgets', 'default/web');
    assert.deepEqual([status.expectedPods, status.currentHealthy, status.desiredHealthy, status.disruptionsAllowed], [3, 3, 2, 1]);
  });
  await controllers.stop();
  await api.stop();
});
