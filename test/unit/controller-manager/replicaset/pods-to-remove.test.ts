import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { podsToRemove } from '../../../../controller-manager/replicaset/pods-to-remove.ts';
import { NOW, type PodOptions, pod } from '../objects.ts';

const cost = (value: string): PodOptions => ({
  ready: true,
  metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': value } },
});

describe('podsToRemove', () => {
  const cases: { name: string; go: PodOptions; stay: PodOptions }[] = [
    { name: 'takes an unassigned pod before an assigned one', go: {}, stay: { node: 'n1' } },
    { name: 'takes a pending pod before one of unknown phase', go: { phase: 'Pending' }, stay: { phase: 'Unknown' } },
    { name: 'takes a pod of unknown phase before a running one', go: { phase: 'Unknown' }, stay: { phase: 'Running' } },
    { name: 'takes a pod that is not ready before a ready one', go: {}, stay: { ready: true } },
    { name: 'takes the pod with the lower deletion cost', go: cost('-10'), stay: cost('5') },
    { name: 'takes an unreadable deletion cost as 0', go: cost('+7'), stay: cost('1') },
    { name: 'takes the pod that became ready much later', go: { ready: true, readyFor: 10 }, stay: { ready: true, readyFor: 1000 } },
    { name: 'takes the pod with more restarts', go: { restarts: 3 }, stay: { restarts: 1 } },
    { name: 'takes the pod that is much younger', go: { age: 10 }, stay: { age: 1000 } },
  ];
  for (const { name, go, stay } of cases) {
    test(name, () => {
      // Both orders and both alphabetical positions: nothing but the rule may decide.
      for (const [goName, stayName] of [
        ['a', 'b'],
        ['b', 'a'],
      ] as const) {
        const pods = [pod(stayName, stay), pod(goName, go)];
        assert.deepEqual(
          podsToRemove(pods, pods, 1, NOW).map(({ metadata }) => metadata.name),
          [goName],
        );
        assert.deepEqual(
          podsToRemove(pods.toReversed(), pods, 1, NOW).map(({ metadata }) => metadata.name),
          [goName],
        );
      }
    });
  }

  test('takes the pod whose node holds more related pods', () => {
    const pods = [pod('alone', { ready: true, node: 'n1' }), pod('doubled', { ready: true, node: 'n2' })];
    const related = [...pods, pod('other', { ready: true, node: 'n2' })];
    assert.deepEqual(
      podsToRemove(pods, related, 1, NOW).map(({ metadata }) => metadata.name),
      ['doubled'],
    );
  });

  test('takes pods of about the same age by uid, not the youngest', () => {
    const pods = [pod('a', { ready: true, readyFor: 120 }), pod('b', { ready: true, readyFor: 100 })];
    assert.deepEqual(
      podsToRemove(pods, pods, 1, NOW).map(({ metadata }) => metadata.name),
      ['a'],
    );
  });

  test('takes all when asked for as many as there are', () => {
    const pods = [pod('a'), pod('b')];
    assert.deepEqual(podsToRemove(pods, pods, 5, NOW), pods);
  });
});
