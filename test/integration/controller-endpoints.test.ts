import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { EndpointSlice } from '../../shared/api/generated/discovery-v1.ts';
import { eventually } from '../support/eventually.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import { type RunningControllers, startControllers } from '../support/run-controllers.ts';
import { makePodsReady } from '../support/stand-in-kubelet.ts';

describe('endpoints-controller and endpointslice-controller', () => {
  let api: InProcessApiServer;
  let controllers: RunningControllers;
  before(async () => {
    api = await startApiServer();
    controllers = await startControllers(api.clientConfig, ['endpoints-controller', 'endpointslice-controller']);
  });
  after(async () => {
    await controllers.stop();
    await api.stop();
  });

  const createPod = (name: string, app: string): Promise<unknown> =>
    api.client.create('pods', {
      metadata: { name, namespace: 'default', labels: { app } },
      spec: { containers: [{ name: 'main', image: 'web:1', ports: [{ name: 'http', containerPort: 8080 }] }] },
    });
  const createService = (name: string, spec: object = {}): Promise<unknown> =>
    api.client.create('services', {
      metadata: { name, namespace: 'default' },
      spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
    });
  const slices = async (name: string): Promise<EndpointSlice[]> =>
    (await api.client.list('endpointslices', { namespace: 'default', labelSelector: `kubernetes.io/service-name=${name}` })).items;

  test('follow pods as they come, get ready and go', async () => {
    await createService('web');
    await eventually(async () =>
      assert.deepEqual(
        (await slices('web')).map(({ endpoints }) => endpoints ?? []),
        [[]],
      ),
    );
    await createPod('a', 'web');
    await createPod('b', 'web');
    await makePodsReady(api.client, 'default', ({ metadata }) => metadata.name === 'a');
    await eventually(async () => {
      const [slice] = await slices('web');
      assert.deepEqual(
        slice?.endpoints?.map(({ targetRef, conditions }) => [targetRef?.name, conditions]),
        [['a', { ready: true, serving: true, terminating: false }]],
      );
      assert.deepEqual(slice?.ports, [{ name: '', protocol: 'TCP', port: 8080 }]);
      const { subsets } = await api.client.get('endpoints', 'default/web');
      assert.deepEqual(
        subsets?.map(({ addresses, ports }) => [addresses?.length, ports]),
        [[1, [{ port: 8080, protocol: 'TCP' }]]],
      );
    });
    await makePodsReady(api.client, 'default');
    await eventually(async () => assert.equal((await slices('web'))[0]?.endpoints?.length, 2));
    await api.client.delete('pods', 'default/a');
    await api.client.delete('pods', 'default/b');
    await eventually(async () => {
      const all = await slices('web');
      assert.deepEqual(
        all.map(({ endpoints, ports }) => [endpoints ?? [], ports ?? []]),
        [[[], []]],
      );
      assert.deepEqual((await api.client.get('endpoints', 'default/web')).subsets ?? [], []);
    });
  });

  test('mark headless services and own what they make', async () => {
    await createService('headless', { clusterIP: 'None' });
    await eventually(async () => {
      const [slice] = await slices('headless');
      assert.equal(slice?.metadata.labels?.['service.kubernetes.io/headless'], '');
      assert.equal(slice.metadata.labels['endpointslice.kubernetes.io/managed-by'], 'endpointslice-controller.k8s.io');
      assert.equal(slice.metadata.ownerReferences?.[0]?.kind, 'Service');
      assert.match(slice.metadata.name, /^headless-[a-z0-9]{5}$/);
    });
  });

  test('spread many endpoints over slices without repeating any', async () => {
    await createService('big');
    await Promise.all(Array.from({ length: 120 }, (_, i) => createPod(`big-${i}`, 'big')));
    await makePodsReady(api.client, 'default');
    await eventually(async () => {
      const all = await slices('big');
      const names = all.flatMap(({ endpoints }) => (endpoints ?? []).map(({ targetRef }) => targetRef?.name));
      assert.deepEqual([names.length, new Set(names).size], [120, 120]);
      assert.ok(all.every(({ endpoints }) => (endpoints ?? []).length <= 100));
    });
  });

  test('leave services without a selector to others, and clean up after services', async () => {
    await api.client.create('services', { metadata: { name: 'manual', namespace: 'default' }, spec: { ports: [{ port: 80 }] } });
    await createService('brief');
    await eventually(async () => assert.ok(await api.client.get('endpoints', 'default/brief')));
    await api.client.delete('services', 'default/brief');
    await eventually(async () => {
      const names = (await api.client.list('endpoints', { namespace: 'default' })).items.map(({ metadata }) => metadata.name);
      assert.ok(!names.includes('brief') && !names.includes('manual'), names.join());
    });
  });
});
