import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import { eventually } from '../support/eventually.ts';
import { startApiServer } from '../support/in-process-apiserver.ts';
import { startControllers } from '../support/run-controllers.ts';

test('persistentvolumeclaim-protection-controller: a claim stays until its pod is gone', async () => {
  const api = await startApiServer();
  const controllers = await startControllers(api.clientConfig, [
    'persistentvolumeclaim-protection-controller',
    'persistentvolume-protection-controller',
  ]);
  const claim = () => api.client.get('persistentvolumeclaims', 'default/data');
  const spec = { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } };
  await api.client.create('persistentvolumeclaims', { metadata: { name: 'data', namespace: 'default' }, spec });
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  await api.client.create('pods', {
    metadata: { name: 'user', namespace: 'default' },
    spec: { nodeName: 'n1', volumes, containers: [{ name: 'main', image: 'web:1' }] },
  });
  await api.client.delete('persistentvolumeclaims', 'default/data');
  await eventually(async () => assert.ok((await claim()).metadata.deletionTimestamp));
  assert.deepEqual((await claim()).metadata.finalizers, ['kubernetes.io/pvc-protection']);
  await api.client.delete('pods', 'default/user', { gracePeriodSeconds: 0 });
  await eventually(() => assert.rejects(claim(), isNotFound));
  await controllers.stop();
  await api.stop();
});
