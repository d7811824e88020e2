import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureMessage } from '../../../../scheduler/failure-message.ts';
import { enoughFeasible, findNode } from '../../../../scheduler/framework/find-node.ts';
import { defaultPlugins } from '../../../../scheduler/plugins/registry.ts';
import type { NodeInfo } from '../../../../scheduler/state/node-info.ts';
import type { PodInfo } from '../../../../scheduler/state/pod-info.ts';
import { node, pod } from '../builders.ts';

const find = (p: PodInfo, nodes: NodeInfo[], random: () => number = () => 0.99) =>
  findNode(p, nodes, { plugins: defaultPlugins(), random, startAt: 0 });

describe('findNode', () => {
  test('chooses the emptier node', () => {
    const decision = find(pod('p', { requests: { cpu: '1' } }), [
      node('full', { pods: [pod('q', { requests: { cpu: '3' } })] }),
      node('empty'),
    ]);
    assert.equal(decision.node?.name, 'empty');
  });
  test('tells equals apart by chance', () => {
    const nodes = [node('a'), node('b')];
    assert.deepEqual([find(pod('p'), nodes, () => 0.99).node?.name, find(pod('p'), nodes, () => 0).node?.name], ['a', 'b']);
  });
  test('prefers a node without PreferNoSchedule taints', () => {
    const decision = find(pod('p'), [node('a', { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } }), node('b')]);
    assert.equal(decision.node?.name, 'b');
  });
});

describe('failureMessage', () => {
  const cases: { name: string; pod: PodInfo; nodes: NodeInfo[]; want: string }[] = [
    { name: 'without nodes', pod: pod('p'), nodes: [], want: 'no nodes available to schedule pods' },
    {
      name: 'counts reasons and says whether evictions would help',
      pod: pod('p', { requests: { cpu: '3' } }),
      nodes: [
        node('a', { pods: [pod('q', { requests: { cpu: '2' } })] }),
        node('b', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } }),
        node('c', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } }),
      ],
      want: '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {k: v}. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    },
  ];
  for (const { name, pod: p, nodes, want } of cases)
    test(name, () => {
      const decision = find(p, nodes);
      assert.equal(decision.node === undefined ? failureMessage(decision.diagnosis) : 'found one', want);
    });
});

describe('enoughFeasible', () => {
  for (const { nodes, want } of [
    { nodes: 99, want: 99 },
    { nodes: 100, want: 100 },
    { nodes: 1000, want: 420 },
    { nodes: 6000, want: 300 },
  ])
    test(`${want} of ${nodes}`, () => assert.equal(enoughFeasible(nodes), want));
});
