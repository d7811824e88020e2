import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../../../shared/api/meta.ts';
import { ObjectCache } from '../../../../shared/client/object-cache.ts';

function pod(name: string, namespace: string, owner?: string, labels: Record<string, string> = {}): DeepReadonly<Pod> {
  const ownerReferences =
    owner === undefined ? [] : [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: owner, controller: true }];
  return {
    metadata: { name, namespace, uid: name, resourceVersion: '1', creationTimestamp: '', ownerReferences, labels },
  } as unknown as Pod;
}
const names = (pods: readonly DeepReadonly<Pod>[]): string[] => pods.map(({ metadata }) => metadata.name).sort();

test('ObjectCache finds objects by key, namespace, controller and index as they come, change and go', () => {
  const cache = new ObjectCache<Pod>({ label: ({ metadata }) => Object.entries(metadata.labels ?? {}).map(([k, v]) => `${k}=${v}`) });
  cache.set(pod('a', 'x', 'rs1', { app: 'web', tier: 'front' }));
  cache.set(pod('b', 'x', 'rs1', { app: 'web' }));
  cache.set(pod('c', 'y'));
  assert.deepEqual(
    [names(cache.list()), names(cache.list('x')), names(cache.byController('rs1'))],
    [
      ['a', 'b', 'c'],
      ['a', 'b'],
      ['a', 'b'],
    ],
  );
  assert.deepEqual([names(cache.byIndex('label', 'app=web')), names(cache.byIndex('label', 'tier=front'))], [['a', 'b'], ['a']]);

  assert.equal(cache.set(pod('a', 'x', 'rs2', { app: 'db' }))?.metadata.labels?.app, 'web');
  assert.deepEqual([names(cache.byController('rs1')), names(cache.byController('rs2'))], [['b'], ['a']]);
  assert.deepEqual([names(cache.byIndex('label', 'app=web')), names(cache.byIndex('label', 'tier=front'))], [['b'], []]);

  assert.equal(cache.delete('x/a')?.metadata.name, 'a');
  assert.equal(cache.delete('x/a'), undefined);
  assert.deepEqual([cache.size, names(cache.list('x')), names(cache.byController('rs2')), cache.get('x/a')], [2, ['b'], [], undefined]);

  cache.addIndexers({ uid: ({ metadata }) => [metadata.uid] });
  assert.deepEqual(names(cache.byIndex('uid', 'c')), ['c']);
});
