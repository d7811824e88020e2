import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planPodGc } from '../../../../controller-manager/pod-gc/plan-pod-gc.ts';
import type { Pod } from '../../../../shared/api/generated/core-v1.ts';
import { pod } from '../objects.ts';

describe('planPodGc', () => {
  const cases: { name: string; pods: Pod[]; threshold?: number; want: Record<string, string[]> }[] = [
    { name: 'leaves pods alone that run', pods: [pod('a', { node: 'n1' }), pod('b')], want: {} },
    {
      name: 'takes the oldest ended pods beyond the threshold',
      pods: [pod('a', { phase: 'Failed', age: 10 }), pod('b', { phase: 'Succeeded', age: 30 }), pod('c', { phase: 'Failed', age: 20 })],
      threshold: 1,
      want: { terminated: ['b', 'c'] },
    },
    { name: 'keeps all ended pods with threshold 0', pods: [pod('a', { phase: 'Failed' })], threshold: 0, want: {} },
    { name: 'takes pods on nodes that are gone', pods: [pod('a', { node: 'gone' }), pod('b', { node: 'n1' })], want: { orphaned: ['a'] } },
    { name: 'takes pods that were deleted before they got a node', pods: [pod('a', { deleting: true })], want: { stuck: ['a'] } },
    { name: 'leaves deleted pods to the kubelet of their node', pods: [pod('a', { deleting: true, node: 'n1' })], want: {} },
    { name: 'takes deleted pods on nodes out of service', pods: [pod('a', { deleting: true, node: 'dead' })], want: { stuck: ['a'] } },
  ];
  for (const { name, pods, threshold = 100, want } of cases) {
    test(name, () => {
      const plan = planPodGc({
        pods,
        isNodeGone: (node) => node === 'gone',
        isNodeOutOfService: (node) => node === 'dead',
        terminatedThreshold: threshold,
      });
      const names = Object.fromEntries(
        Object.entries(plan).map(([kind, list]: [string, { metadata: { name: string } }[]]) => [
          kind,
          list.map(({ metadata }) => metadata.name),
        ]),
      );
      assert.deepEqual(names, { terminated: [], orphaned: [], stuck: [], ...want });
    });
  }
});
