import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planRecreate, planRollingUpdate } from '../../../../controller-manager/deployment/plan-rollout.ts';
import { deployment, pod, replicaSet, type SetOptions } from '../objects.ts';

const rolling = (replicas: number, maxSurge: number, maxUnavailable: number) =>
  deployment(replicas, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } });
const sizes = (plan: { set: { metadata: { name: string } }; replicas: number }[]) =>
  Object.fromEntries(plan.map(({ set, replicas }) => [set.metadata.name, replicas]));

describe('planRollingUpdate', () => {
  const cases: { name: string; of: ReturnType<typeof rolling>; current: SetOptions; old: SetOptions[]; want: Record<string, number> }[] = [
    {
      name: 'grows the current set into the surge',
      of: rolling(10, 2, 0),
      current: { replicas: 0 },
      old: [{ replicas: 10 }],
      want: { current: 2 },
    },
    { name: 'shrinks a current set that is too large', of: rolling(10, 2, 0), current: { replicas: 12 }, old: [], want: { current: 10 } },
    {
      name: 'shrinks old sets as far as maxUnavailable allows',
      of: rolling(10, 0, 2),
      current: { replicas: 0 },
      old: [{ replicas: 10 }],
      want: { old0: 8 },
    },
    {
      name: 'waits while the new pods are not available',
      of: rolling(10, 2, 0),
      current: { replicas: 2, available: 0 },
      old: [{ replicas: 10 }],
      want: {},
    },
    {
      name: 'replaces as many old pods as new ones became available',
      of: rolling(10, 2, 0),
      current: { replicas: 2, available: 1 },
      old: [{ replicas: 10 }],
      want: { old0: 9 },
    },
    {
      name: 'removes unhealthy old pods first',
      of: rolling(10, 0, 2),
      current: { replicas: 2, available: 2 },
      old: [{ replicas: 8, available: 5 }],
      want: { old0: 6 },
    },
    {
      name: 'cleans the oldest set up first',
      of: rolling(10, 0, 4),
      current: { replicas: 4, available: 4 },
      old: [
        { replicas: 3, age: 10 },
        { replicas: 3, age: 20 },
      ],
      want: { old1: 0, old0: 2 },
    },
    {
      name: 'does nothing when only the current set has pods',
      of: rolling(3, 1, 1),
      current: { replicas: 3 },
      old: [{ replicas: 0 }],
      want: {},
    },
  ];
  for (const { name, of, current, old, want } of cases) {
    const oldSets = old.map((each, i) => replicaSet(`old${i}`, { image: 'web:0', ...each }));
    test(name, () => assert.deepEqual(sizes(planRollingUpdate(of, replicaSet('current', current), oldSets)), want));
  }
});

describe('planRecreate', () => {
  const of = deployment(3, { strategy: { type: 'Recreate' } });
  const oldPod = pod('p', { owner: { kind: 'ReplicaSet', uid: 'uid-old' } });
  const ended = pod('p', { phase: 'Succeeded', owner: { kind: 'ReplicaSet', uid: 'uid-old' } });
  const cases = [
    {
      name: 'takes old sets to zero first',
      current: undefined,
      old: { replicas: 3 },
      pods: [oldPod],
      want: { resize: { old: 0 }, mayCreate: false },
    },
    {
      name: 'waits while old sets report pods',
      current: undefined,
      old: { replicas: 0, status: { replicas: 1 } },
      pods: [],
      want: { resize: {}, mayCreate: false },
    },
    {
      name: 'waits while an old pod ends',
      current: undefined,
      old: { replicas: 0 },
      pods: [oldPod],
      want: { resize: {}, mayCreate: false },
    },
    {
      name: 'does not wait for pods that ended',
      current: undefined,
      old: { replicas: 0 },
      pods: [ended],
      want: { resize: {}, mayCreate: true },
    },
    {
      name: 'gives the current set all replicas at once',
      current: { replicas: 0 },
      old: { replicas: 0 },
      pods: [],
      want: { resize: { current: 3 }, mayCreate: true },
    },
  ];
  for (const { name, current, old, pods, want } of cases) {
    test(name, () => {
      const step = planRecreate(of, current && replicaSet('current', current), [replicaSet('old', { image: 'web:0', ...old })], pods);
      assert.deepEqual({ resize: sizes(step.resize), mayCreate: step.mayCreate }, want);
    });
  }
});
