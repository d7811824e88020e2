import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OwnershipGraph } from '../../../../controller-manager/garbage-collector/ownership-graph.ts';
import type { KubeObject, ObjectMeta } from '../../../../shared/api/meta.ts';
import { at } from '../objects.ts';

type Change = { see: string; owners?: string[]; finalizers?: string[]; deleting?: boolean; blocking?: boolean } | { remove: string };

function play(changes: readonly Change[]): { graph: OwnershipGraph; woken: string[] } {
  const woken: string[] = [];
  const graph = new OwnershipGraph(
    (uid) => woken.push(uid),
    () => true,
  );
  for (const change of changes) {
    woken.length = 0; // only what the last change woke counts
    if ('remove' in change) graph.remove(change.remove);
    else graph.observe(object(change), { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: change.see });
  }
  return { graph, woken };
}

function object({ see, owners = [], finalizers = [], deleting = false, blocking = true }: Extract<Change, { see: string }>): KubeObject {
  const ownerReferences = owners.map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid: name, blockOwnerDeletion: blocking }));
  const metadata: ObjectMeta = {
    name: see,
    namespace: 'default',
    uid: see,
    resourceVersion: '1',
    creationTimestamp: at(0),
    ownerReferences,
    finalizers,
  };
  return { metadata: deleting ? { ...metadata, deletionTimestamp: at(0) } : metadata };
}

describe('OwnershipGraph wakes', () => {
  const cases: { name: string; changes: Change[]; want: string[] }[] = [
    { name: 'nobody for an object without owners', changes: [{ see: 'a' }], want: [] },
    { name: 'an owner that nobody has seen, to find out whether it exists', changes: [{ see: 'a', owners: ['o'] }], want: ['o'] },
    { name: 'nobody for an owner that is known', changes: [{ see: 'o' }, { see: 'a', owners: ['o'] }], want: [] },
    {
      name: 'the dependents of an object that is gone',
      changes: [{ see: 'o' }, { see: 'a', owners: ['o'] }, { see: 'b', owners: ['o'] }, { remove: 'o' }],
      want: ['a', 'b'],
    },
    {
      name: 'an object in foreground deletion and its dependents',
      changes: [{ see: 'o' }, { see: 'a', owners: ['o'] }, { see: 'o', deleting: true, finalizers: ['foregroundDeletion'] }],
      want: ['a', 'o'],
    },
    {
      name: 'an object that orphans its dependents, but not these',
      changes: [{ see: 'o' }, { see: 'a', owners: ['o'] }, { see: 'o', deleting: true, finalizers: ['orphan'] }],
      want: ['o'],
    },
    {
      name: 'a waiting owner when a dependent goes',
      changes: [{ see: 'o', deleting: true, finalizers: ['foregroundDeletion'] }, { see: 'a', owners: ['o'] }, { remove: 'a' }],
      want: ['o'],
    },
    {
      name: 'a waiting owner when a dependent stops blocking',
      changes: [
        { see: 'o', deleting: true, finalizers: ['foregroundDeletion'] },
        { see: 'a', owners: ['o'] },
        { see: 'a', owners: ['o'], blocking: false },
      ],
      want: ['o'],
    },
    {
      name: 'a new dependent of a waiting owner',
      changes: [
        { see: 'o', deleting: true, finalizers: ['foregroundDeletion'] },
        { see: 'a', owners: ['o'] },
      ],
      want: ['a'],
    },
    { name: 'an object that lost a reference', changes: [{ see: 'o' }, { see: 'a', owners: ['o'] }, { see: 'a' }], want: ['a'] },
  ];
  for (const { name, changes, want } of cases) test(name, () => assert.deepEqual(play(changes).woken, want));
});

describe('OwnershipGraph', () => {
  test('forgets an owner that nobody has seen when the last reference to it goes', () => {
    assert.equal(play([{ see: 'a', owners: ['o'] }, { see: 'a' }]).graph.get('o'), undefined);
  });

  test('remembers what was removed', () => {
    const { graph } = play([{ see: 'o' }, { remove: 'o' }]);
    const identity = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'o' };
    assert.deepEqual([graph.wasRemoved('o', identity), graph.wasRemoved('o', { ...identity, namespace: 'other' })], [true, false]);
  });

  test('knows which dependents block', () => {
    const { graph } = play([{ see: 'o' }, { see: 'a', owners: ['o'] }, { see: 'b', owners: ['o'], blocking: false }]);
    const owner = graph.get('o');
    assert.ok(owner);
    assert.deepEqual(
      graph.blockingDependents(owner).map(({ uid }) => uid),
      ['a'],
    );
  });
});
