import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ReplicaSet } from '../../shared/api/generated/apps-v1.ts';
import type { Pod } from '../../shared/api/generated/core-v1.ts';
import { eventually } from '../support/eventually.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import { type RunningControllers, startControllers } from '../support/run-controllers.ts';
import { makePodsReady } from '../support/stand-in-kubelet.ts';

describe('replicaset-controller', () => {
  let api: InProcessApiServer;
  let controllers: RunningControllers;
  before(async () => {
    api = await startApiServer();
    controllers = await startControllers(api.clientConfig, ['replicaset-controller', 'replicationcontroller-controller']);
  });
  after(async () => {
    await controllers.stop();
    await api.stop();
  });

  const template = (app: string) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } });
  const create = (name: string, replicas: number): Promise<ReplicaSet> =>
    api.client.create('replicasets', {
      metadata: { name, namespace: 'default' },
      spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) },
    });
  const podsOf = async (app: string): Promise<Pod[]> =>
    (await api.client.list('pods', { namespace: 'default', labelSelector: `app=${app}` })).items;
  const status = async (name: string) => (await api.client.get('replicasets', `default/${name}`)).status;
  const scale = (name: string, replicas: number): Promise<unknown> =>
    api.client.patch('replicasets', `default/${name}`, { spec: { replicas } }, { type: 'merge' });

  test('makes exactly as many pods as asked for, however many at once', async () => {
    await create('many', 40);
    await eventually(async () => assert.equal((await status('many')).replicas, 40));
    const pods = await podsOf('many');
    assert.equal(pods.length, 40);
    assert.ok(
      pods.every(({ metadata }) => /^many-[a-z0-9]{5}$/.test(metadata.name) && metadata.ownerReferences?.[0]?.kind === 'ReplicaSet'),
    );
  });

  test('replaces a pod that is deleted or fails, and removes unready ones first', async () => {
    await create('heal', 3);
    await eventually(async () => assert.equal((await podsOf('heal')).length, 3));
    const [first, second] = await podsOf('heal');
    await makePodsReady(api.client, 'default');
    await api.client.delete('pods', `default/${first?.metadata.name}`);
    await api.client.patch(
      'pods',
      `default/${second?.metadata.name}`,
      { status: { phase: 'Failed' } },
      { type: 'merge', subresource: 'status' },
    );
    await eventually(async () => {
      const { replicas, readyReplicas } = await status('heal');
      assert.deepEqual([replicas, readyReplicas], [3, 1]);
    });
    await scale('heal', 1);
    await eventually(async () => {
      const alive = (await podsOf('heal')).filter((pod) => pod.status.phase !== 'Failed');
      assert.deepEqual(
        alive.map((pod) => pod.status.phase),
        ['Running'],
      );
    });
  });

  test('adopts matching orphans and releases pods that match no longer', async () => {
    await api.client.create('pods', {
      metadata: { name: 'orphan', namespace: 'default', labels: { app: 'claim' } },
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    });
    const set = await create('claim', 2);
    await eventually(async () => {
      assert.equal((await status('claim')).replicas, 2);
      const orphan = await api.client.get('pods', 'default/orphan');
      assert.equal(orphan.metadata.ownerReferences?.[0]?.uid, set.metadata.uid);
    });
    await api.client.patch('pods', 'default/orphan', { metadata: { labels: { app: 'free' } } }, { type: 'merge' });
    await eventually(async () => {
      assert.equal((await podsOf('claim')).length, 2);
      assert.equal((await api.client.get('pods', 'default/orphan')).metadata.ownerReferences, undefined);
    });
  });

  test('reports availability, and the generation it has seen', async () => {
    await create('report', 2);
    await eventually(async () =>
      assert.equal(await makePodsReady(api.client, 'default', ({ metadata }) => metadata.labels?.app === 'report'), 2),
    );
    await scale('report', 3);
    await eventually(async () => {
      const { availableReplicas, replicas, fullyLabeledReplicas, observedGeneration } = await status('report');
      assert.deepEqual(
        { availableReplicas, replicas, fullyLabeledReplicas, observedGeneration },
        { availableReplicas: 2, replicas: 3, fullyLabeledReplicas: 3, observedGeneration: 2 },
      );
    });
  });

  test('runs replication controllers too', async () => {
    await api.client.create('replicationcontrollers', {
      metadata: { name: 'rc', namespace: 'default' },
      spec: { replicas: 2, selector: { app: 'rc' }, template: template('rc') },
    });
    await eventually(async () => {
      await makePodsReady(api.client, 'default');
      const { status: reported } = await api.client.get('replicationcontrollers', 'default/rc');
      assert.deepEqual([reported.replicas, reported.availableReplicas], [2, 2]);
    });
  });
});
