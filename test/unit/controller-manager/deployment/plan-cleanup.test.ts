import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planCleanup } from '../../../../controller-manager/deployment/plan-cleanup.ts';
import { at, deployment, replicaSet, type SetOptions } from '../objects.ts';

describe('planCleanup', () => {
  const idle = { replicas: 0 };
  const cases: { name: string; limit?: number; old: SetOptions[]; want: string[] }[] = [
    { name: 'keeps as many as the limit', limit: 2, old: [idle, idle], want: [] },
    {
      name: 'removes those with the lowest revisions',
      limit: 1,
      old: [
        { ...idle, revision: 3 },
        { ...idle, revision: 1 },
        { ...idle, revision: 2 },
      ],
      want: ['s1', 's2'],
    },
    { name: 'removes all with limit 0', limit: 0, old: [idle], want: ['s0'] },
    { name: 'keeps everything without a limit', limit: 2 ** 31 - 1, old: [idle, idle], want: [] },
    { name: 'keeps a set that wants pods', limit: 0, old: [{ replicas: 1 }], want: [] },
    { name: 'keeps a set that still has pods', limit: 0, old: [{ ...idle, status: { replicas: 1 } }], want: [] },
    {
      name: 'keeps a set whose controller has not seen its last change',
      limit: 0,
      old: [{ ...idle, status: { observedGeneration: 0 } }],
      want: [],
    },
    {
      name: 'does not count sets that are being deleted',
      limit: 1,
      old: [{ ...idle, metadata: { deletionTimestamp: at(1) } }, idle],
      want: [],
    },
  ];
  for (const { name, limit, old, want } of cases) {
    test(name, () => {
      const sets = old.map((each, i) => replicaSet(`s${i}`, each));
      assert.deepEqual(
        planCleanup(deployment(3, { revisionHistoryLimit: limit }), sets).map(({ metadata }) => metadata.name),
        want,
      );
    });
  }
});
