import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ConfigMap } from '../../shared/api/generated/core-v1.ts';
import type { ObjectMeta } from '../../shared/api/meta.ts';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import { eventually } from '../support/eventually.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import { type RunningControllers, startControllers } from '../support/run-controllers.ts';

describe('garbage-collector-controller', () => {
  let api: InProcessApiServer;
  let controllers: RunningControllers;
  before(async () => {
    api = await startApiServer();
    controllers = await startControllers(api.clientConfig, ['garbage-collector-controller']);
  });
  after(async () => {
    await controllers.stop();
    await api.stop();
  });

  const create = (name: string, owners: ConfigMap[] = [], metadata: Partial<ObjectMeta> = {}): Promise<ConfigMap> =>
    api.client.create('configmaps', {
      metadata: {
        name,
        namespace: 'default',
        ownerReferences: owners.map((owner) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: owner.metadata.name,
          uid: owner.metadata.uid,
          blockOwnerDeletion: true,
        })),
        ...metadata,
      },
    });
  const get = (name: string): Promise<ConfigMap> => api.client.get('configmaps', `default/${name}`);
  const gone = (name: string): Promise<void> => eventually(() => assert.rejects(get(name), isNotFound));

  test('deletes a chain of dependents behind an owner that is deleted', async () => {
    const top = await create('top');
    const middle = await create('middle', [top]);
    await create('bottom', [middle]);
    await api.client.delete('configmaps', 'default/top');
    await gone('middle');
    await gone('bottom');
  });

  test('deletes an object whose owner never existed', async () => {
    const ghost = {
      metadata: {
        name: 'ghost',
        namespace: 'default',
        uid: '00000000-0000-0000-0000-000000000000',
        resourceVersion: '1',
        creationTimestamp: '',
      },
    };
    await create('haunted', [ghost]);
    await gone('haunted');
  });

  test('keeps an object while one of its owners is left, without the reference to the other', async () => {
    const [first, second] = [await create('first'), await create('second')];
    await create('shared', [first, second]);
    await api.client.delete('configmaps', 'default/first');
    await eventually(async () =>
      assert.deepEqual(
        (await get('shared')).metadata.ownerReferences?.map(({ name }) => name),
        ['second'],
      ),
    );
    await api.client.delete('configmaps', 'default/second');
    await gone('shared');
  });

  test('deletes in the foreground: the owner goes last', async () => {
    const owner = await create('slow-owner');
    await create('slow-child', [owner], { finalizers: ['example.com/hold'] });
    await api.client.delete('configmaps', 'default/slow-owner', { propagationPolicy: 'Foreground' });
    await eventually(async () => assert.ok((await get('slow-child')).metadata.deletionTimestamp));
    assert.deepEqual((await get('slow-owner')).metadata.finalizers, ['foregroundDeletion']);
    await api.client.patch('configmaps', 'default/slow-child', { metadata: { finalizers: null } }, { type: 'merge' });
    await gone('slow-child');
    await gone('slow-owner');
  });

  test('passes foreground deletion down a chain', async () => {
    const top = await create('f-top');
    const middle = await create('f-middle', [top]);
    await create('f-bottom', [middle]);
    await api.client.delete('configmaps', 'default/f-top', { propagationPolicy: 'Foreground' });
    for (const name of ['f-bottom', 'f-middle', 'f-top']) await gone(name);
  });

  test('orphans: dependents stay and lose the reference', async () => {
    const owner = await create('parent');
    await create('child', [owner]);
    await api.client.delete('configmaps', 'default/parent', { propagationPolicy: 'Orphan' });
    await gone('parent');
    assert.equal((await get('child')).metadata.ownerReferences, undefined);
  });

  test('breaks a circle of owners', async () => {
    const a = await create('circle-a');
    const b = await create('circle-b', [a]);
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'circle-b', uid: b.metadata.uid, blockOwnerDeletion: true };
    await api.client.patch('configmaps', 'default/circle-a', { metadata: { ownerReferences: [reference] } }, { type: 'merge' });
    await api.client.delete('configmaps', 'default/circle-a', { propagationPolicy: 'Foreground' });
    await gone('circle-a');
    await gone('circle-b');
  });
});
