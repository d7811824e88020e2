import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planReplicas, replicaSetStatus } from '../../../../controller-manager/replicaset/plan-replicas.ts';
import { at, NOW, pod, replicaSet } from '../objects.ts';

describe('planReplicas', () => {
  const many = Array.from({ length: 600 }, (_, i) => pod(`p${i}`));
  const cases = [
    { name: 'creates what is missing', replicas: 3, pods: [pod('a')], want: { create: 2, remove: 0 } },
    { name: 'does nothing when the count is right', replicas: 1, pods: [pod('a')], want: { create: 0, remove: 0 } },
    { name: 'removes what is too many', replicas: 1, pods: [pod('a'), pod('b'), pod('c')], want: { create: 0, remove: 2 } },
    {
      name: 'does not count pods that ended or are being deleted',
      replicas: 2,
      pods: [pod('a', { phase: 'Failed' }), pod('b', { phase: 'Succeeded' }), pod('c', { deleting: true })],
      want: { create: 2, remove: 0 },
    },
    { name: 'creates at most 500 at a time', replicas: 1000, pods: [], want: { create: 500, remove: 0 } },
    { name: 'removes at most 500 at a time', replicas: 0, pods: many, want: { create: 0, remove: 500 } },
  ];
  for (const { name, replicas, pods, want } of cases) {
    test(name, () => {
      const plan = planReplicas(replicaSet('web', { replicas }), pods, pods, NOW);
      assert.deepEqual({ create: plan.create, remove: plan.remove.length }, want);
    });
  }

  test('leaves the pods of a set that is being deleted alone', () => {
    const set = replicaSet('web', { replicas: 3, metadata: { deletionTimestamp: at(1) } });
    assert.deepEqual(planReplicas(set, [], [], NOW), { create: 0, remove: [] });
  });
});

describe('replicaSetStatus', () => {
  const labelled = { metadata: { labels: { app: 'web', 'pod-template-hash': 'web' } } };
  const cases = [
    {
      name: 'leaves zeros out',
      set: {},
      pods: [],
      want: { status: { replicas: 0, terminatingReplicas: 0, observedGeneration: 1 }, nextCheckMs: undefined },
    },
    {
      name: 'counts active, labelled, ready, available and terminating pods',
      set: {},
      pods: [
        pod('a', { ready: true, ...labelled }),
        pod('b', { ready: true }),
        pod('c'),
        pod('d', { deleting: true }),
        pod('e', { phase: 'Failed' as const }),
      ],
      want: {
        status: {
          replicas: 3,
          terminatingReplicas: 1,
          fullyLabeledReplicas: 1,
          readyReplicas: 2,
          availableReplicas: 2,
          observedGeneration: 1,
        },
        nextCheckMs: undefined,
      },
    },
    {
      name: 'counts a pod as available minReadySeconds after it became ready, and says when to look again',
      set: { minReadySeconds: 30 },
      pods: [pod('a', { ready: true, readyFor: 30 }), pod('b', { ready: true, readyFor: 10 }), pod('c', { ready: true, readyFor: 25 })],
      want: {
        status: { replicas: 3, terminatingReplicas: 0, readyReplicas: 3, availableReplicas: 1, observedGeneration: 1 },
        nextCheckMs: 5_000,
      },
    },
  ];
  for (const { name, set, pods, want } of cases) {
    test(name, () => assert.deepEqual(replicaSetStatus({ set: replicaSet('web', set), pods, now: NOW }), want));
  }

  const failed = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'old', lastTransitionTime: at(60) };
  const conditions = [
    {
      name: 'adds ReplicaFailure when a create failed',
      old: [],
      failure: { reason: 'FailedCreate' as const, message: 'quota' },
      want: [{ ...failed, message: 'quota', lastTransitionTime: at(0) }],
    },
    {
      name: 'keeps a ReplicaFailure of the same reason as it was',
      old: [failed],
      failure: { reason: 'FailedCreate' as const, message: 'again' },
      want: [failed],
    },
    { name: 'drops ReplicaFailure after a success', old: [failed], failure: undefined, want: undefined },
  ];
  for (const { name, old, failure, want } of conditions) {
    test(name, () => {
      const set = replicaSet('web', { status: { conditions: old } });
      assert.deepEqual(replicaSetStatus({ set, pods: [], now: NOW, failure }).status.conditions, want);
    });
  }
});
