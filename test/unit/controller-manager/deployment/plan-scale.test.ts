import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isScalingEvent, planScale } from '../../../../controller-manager/deployment/plan-scale.ts';
import { deployment, replicaSet, type SetOptions } from '../objects.ts';

const sized = (desired: number, max = desired): Record<string, string> => ({
  'deployment.kubernetes.io/desired-replicas': String(desired),
  'deployment.kubernetes.io/max-replicas': String(max),
});
const rolling = (replicas: number, maxSurge: number) =>
  deployment(replicas, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: 0 } } });

describe('planScale', () => {
  // Sources of the rules: kubernetes pkg/controller/deployment/sync_test.go TestScale.
  const cases: { name: string; of: ReturnType<typeof rolling>; current?: SetOptions; old: SetOptions[]; want: Record<string, number> }[] = [
    {
      name: 'scales the only set up',
      of: rolling(12, 0),
      current: { replicas: 10, annotations: sized(10) },
      old: [],
      want: { current: 12 },
    },
    {
      name: 'scales the only set down',
      of: rolling(5, 0),
      current: { replicas: 10, annotations: sized(10) },
      old: [],
      want: { current: 5 },
    },
    {
      name: 'scales the latest set when none is active',
      of: rolling(3, 0),
      old: [
        { replicas: 0, age: 10 },
        { replicas: 0, age: 20 },
      ],
      want: { old0: 3 },
    },
    {
      name: 'shares growth in proportion',
      of: rolling(12, 0),
      current: { replicas: 5, annotations: sized(10) },
      old: [{ replicas: 5, annotations: sized(10) }],
      want: { current: 6, old0: 6 },
    },
    {
      name: 'gives the remainder of an uneven growth to the newer of two equal sets',
      of: rolling(15, 0),
      current: { replicas: 5, annotations: sized(10), age: 1 },
      old: [{ replicas: 5, annotations: sized(10) }],
      want: { current: 8, old0: 7 },
    },
    {
      name: 'takes the remainder of a shrinking from the largest, the older of equals',
      of: rolling(5, 0),
      current: { replicas: 5, annotations: sized(10), age: 1 },
      old: [{ replicas: 5, annotations: sized(10) }],
      want: { current: 3, old0: 2 },
    },
    {
      name: 'counts the surge in',
      of: rolling(50, 3),
      current: { replicas: 20, annotations: sized(30, 33), age: 1 },
      old: [{ replicas: 13, annotations: sized(30, 33) }],
      want: { current: 32, old0: 21 },
    },
    {
      name: 'takes everything away for no replicas',
      of: rolling(0, 0),
      current: { replicas: 5, annotations: sized(10) },
      old: [{ replicas: 5, annotations: sized(10) }],
      want: { current: 0, old0: 0 },
    },
    {
      name: 'ends old sets once the current one is saturated',
      of: rolling(4, 0),
      current: { replicas: 4, annotations: sized(4) },
      old: [{ replicas: 2 }, { replicas: 1 }],
      want: { old0: 0, old1: 0 },
    },
  ];
  for (const { name, of, current, old, want } of cases) {
    test(name, () => {
      const currentSet =
        current === undefined
          ? undefined
          : replicaSet('current', { available: 0, ...current, ...(name.includes('saturated') && { available: current.replicas }) });
      const plan = planScale(
        of,
        currentSet,
        old.map((each, i) => replicaSet(`old${i}`, { image: 'web:0', ...each })),
      );
      assert.deepEqual(Object.fromEntries(plan.map(({ set, replicas }) => [set.metadata.name, replicas])), want);
    });
  }
});

describe('isScalingEvent', () => {
  const cases = [
    { name: 'is false for a set that was sized for the same number', set: { replicas: 2, annotations: sized(3) }, want: false },
    { name: 'is true for a set that was sized for another number', set: { replicas: 2, annotations: sized(5) }, want: true },
    { name: 'ignores sets without pods', set: { replicas: 0, annotations: sized(5) }, want: false },
    { name: 'ignores sets that were never sized', set: { replicas: 2 }, want: false },
  ];
  for (const { name, set, want } of cases) test(name, () => assert.equal(isScalingEvent(deployment(3), [replicaSet('a', set)]), want));
});
