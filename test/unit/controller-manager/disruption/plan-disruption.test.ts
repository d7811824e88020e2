import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planDisruption } from '../../../../controller-manager/disruption/plan-disruption.ts';
import type { PodDisruptionBudgetSpec, PodDisruptionBudgetStatus } from '../../../../shared/api/generated/policy-v1.ts';
import { at, NOW, pod } from '../objects.ts';

const pods = (ready: number, unready = 0) => [
  ...Array.from({ length: ready }, (_, i) => pod(`r${i}`, { ready: true })),
  ...Array.from({ length: unready }, (_, i) => pod(`u${i}`)),
];
const NONE: PodDisruptionBudgetStatus = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
const budget = (spec: PodDisruptionBudgetSpec, status = NONE) => ({
  metadata: { name: 'pdb', namespace: 'default', uid: 'b', resourceVersion: '1', creationTimestamp: at(9), generation: 2 },
  spec,
  status,
});

describe('planDisruption', () => {
  const cases = [
    {
      name: 'allows what is beyond minAvailable',
      spec: { minAvailable: 2 },
      pods: pods(3),
      scale: 3,
      want: [3, 2, 3, 1, 'SufficientPods'],
    },
    {
      name: 'counts only ready pods as healthy',
      spec: { minAvailable: 2 },
      pods: pods(2, 1),
      scale: 3,
      want: [2, 2, 3, 0, 'InsufficientPods'],
    },
    {
      name: 'takes a percentage of the controllers’ replicas, rounded up',
      spec: { minAvailable: '50%' },
      pods: pods(5),
      scale: 5,
      want: [5, 3, 5, 2, 'SufficientPods'],
    },
    {
      name: 'allows maxUnavailable of the controllers’ replicas',
      spec: { maxUnavailable: 1 },
      pods: pods(3),
      scale: 3,
      want: [3, 2, 3, 1, 'SufficientPods'],
    },
    {
      name: 'allows none while replicas are missing',
      spec: { maxUnavailable: 1 },
      pods: pods(2),
      scale: 3,
      want: [2, 2, 3, 0, 'InsufficientPods'],
    },
    { name: 'allows none without pods', spec: { minAvailable: 0 }, pods: [], scale: 0, want: [0, 0, 0, 0, 'InsufficientPods'] },
    {
      name: 'does not count pods that are being deleted',
      spec: { minAvailable: 1 },
      pods: [...pods(1), pod('d', { ready: true, deleting: true })],
      scale: 2,
      want: [1, 1, 2, 0, 'InsufficientPods'],
    },
    {
      name: 'allows none where a controller is not known',
      spec: { maxUnavailable: 1 },
      pods: pods(3),
      scale: new Error('found no controllers'),
      want: [0, 0, 0, 0, 'SyncFailed'],
    },
  ];
  for (const { name, spec, pods: selected, scale, want } of cases) {
    test(name, () => {
      const { status } = planDisruption({ budget: budget(spec), pods: selected, expectedScale: () => scale, now: NOW });
      const { currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed, conditions } = status;
      assert.deepEqual([currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed, conditions?.[0]?.reason], want);
      assert.equal(status.observedGeneration, 2);
    });
  }

  test('takes an evicted pod as gone for two minutes, and reports it after that', () => {
    const disruptedPods = { r0: at(30), r1: at(121), other: at(1) };
    const plan = planDisruption({
      budget: budget({ minAvailable: 1 }, { ...NONE, disruptedPods }),
      pods: pods(3),
      expectedScale: () => 3,
      now: NOW,
    });
    assert.equal(plan.status.currentHealthy, 2);
    assert.deepEqual(plan.status.disruptedPods, { r0: at(30) });
    assert.equal(plan.recheckMs, 90_000);
    assert.deepEqual(
      plan.notDeleted.map(({ metadata }) => metadata.name),
      ['r1'],
    );
  });
});
