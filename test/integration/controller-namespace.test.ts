import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import { eventually } from '../support/eventually.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import { type RunningControllers, startControllers } from '../support/run-controllers.ts';

describe('namespace-controller', () => {
  let api: InProcessApiServer;
  let controllers: RunningControllers;
  before(async () => {
    api = await startApiServer();
    controllers = await startControllers(api.clientConfig, ['namespace-controller']);
  });
  after(async () => {
    await controllers.stop();
    await api.stop();
  });

  const configMap = (namespace: string, metadata: object = {}): Promise<unknown> =>
    api.client.create('configmaps', { metadata: { name: 'a', namespace, ...metadata } });
  const gone = (namespace: string): Promise<void> => eventually(() => assert.rejects(api.client.get('namespaces', namespace), isNotFound));

  test('deletes everything in a namespace, then the namespace', async () => {
    await api.client.create('namespaces', { metadata: { name: 'full' } });
    await configMap('full');
    await api.client.create('secrets', { metadata: { name: 's', namespace: 'full' } });
    await api.client.create('pods', {
      metadata: { name: 'p', namespace: 'full' },
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    });
    await api.client.delete('namespaces', 'full');
    await gone('full');
    for (const resource of ['configmaps', 'secrets', 'pods'] as const)
      assert.deepEqual((await api.client.list(resource, { namespace: 'full' })).items, []);
  });

  test('says what remains while a finalizer holds it', async () => {
    await api.client.create('namespaces', { metadata: { name: 'held' } });
    await configMap('held', { finalizers: ['example.com/hold'] });
    await api.client.delete('namespaces', 'held');
    await eventually(async () => {
      const { status } = await api.client.get('namespaces', 'held');
      assert.equal(status.phase, 'Terminating');
      const messages = Object.fromEntries((status.conditions ?? []).map(({ type, message }) => [type, message]));
      assert.equal(messages.NamespaceContentRemaining, 'Some resources are remaining: configmaps. has 1 resource instances');
      assert.equal(
        messages.NamespaceFinalizersRemaining,
        'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
      );
    });
    await api.client.patch('configmaps', 'held/a', { metadata: { finalizers: null } }, { type: 'merge' });
    await gone('held');
  });

  test('waits for pods that end with grace before it deletes what they use', async () => {
    await api.client.create('namespaces', { metadata: { name: 'grace' } });
    await configMap('grace');
    await api.client.create('nodes', { metadata: { name: 'n1' } });
    const spec = { nodeName: 'n1', terminationGracePeriodSeconds: 30, containers: [{ name: 'main', image: 'web:1' }] };
    await api.client.create('pods', { metadata: { name: 'p', namespace: 'grace' }, spec });
    await api.client.delete('namespaces', 'grace');
    await eventually(async () => assert.ok((await api.client.get('pods', 'grace/p')).metadata.deletionTimestamp));
    await eventually(async () =>
      assert.ok(
        (await api.client.get('namespaces', 'grace')).status.conditions?.some(
          ({ type, status }) => type === 'NamespaceContentRemaining' && status === 'True',
        ),
      ),
    );
    assert.equal((await api.client.list('configmaps', { namespace: 'grace' })).items.length, 1);
    await api.client.delete('pods', 'grace/p', { gracePeriodSeconds: 0 });
    await gone('grace');
  });
});
