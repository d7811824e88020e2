import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { currentSetReplicas, maxSurge, maxUnavailable, splitReplicaSets } from '../../../../controller-manager/deployment/replica-sets.ts';
import { deployment, replicaSet } from '../objects.ts';

const rolling = (replicas: number, surge: number | string, unavailable: number | string) =>
  deployment(replicas, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } } });
const recreate = (replicas: number) => deployment(replicas, { strategy: { type: 'Recreate' } });

describe('maxSurge and maxUnavailable', () => {
  const cases = [
    { name: 'round a surge up and unavailability down', of: rolling(10, '25%', '25%'), want: [3, 2] },
    { name: 'take numbers as they are', of: rolling(10, 2, 1), want: [2, 1] },
    { name: 'allow one unavailable pod when both come to 0', of: rolling(3, '0%', '10%'), want: [0, 1] },
    { name: 'never call more pods unavailable than there are', of: rolling(2, 0, 5), want: [0, 2] },
    { name: 'are 0 unavailable for no replicas', of: rolling(0, '25%', '25%'), want: [0, 0] },
    { name: 'are 0 for Recreate', of: recreate(3), want: [0, 0] },
  ];
  for (const { name, of, want } of cases) test(name, () => assert.deepEqual([maxSurge(of), maxUnavailable(of)], want));
});

describe('currentSetReplicas', () => {
  const cases = [
    { name: 'fills the room up to replicas + maxSurge', of: rolling(10, 3, 0), sizes: [10, 0], current: 0, want: 3 },
    { name: 'stays where there is no room', of: rolling(10, 0, 2), sizes: [10, 0], current: 0, want: 0 },
    { name: 'never exceeds replicas', of: rolling(10, 5, 0), sizes: [0, 8], current: 8, want: 10 },
    { name: 'is all replicas at once for Recreate', of: recreate(4), sizes: [4], current: 0, want: 4 },
  ];
  for (const { name, of, sizes, current, want } of cases) {
    const sets = sizes.map((replicas, i) => replicaSet(`s${i}`, { replicas }));
    test(name, () => assert.equal(currentSetReplicas(of, sets, current), want));
  }
});

test('splitReplicaSets takes the oldest set of the current template', () => {
  const sets = [replicaSet('young', { age: 10 }), replicaSet('old', { age: 100 }), replicaSet('other', { image: 'web:2', age: 200 })];
  const { current, old } = splitReplicaSets(deployment(3), sets);
  assert.equal(current?.metadata.name, 'old');
  assert.deepEqual(
    old.map(({ metadata }) => metadata.name),
    ['young', 'other'],
  );
});
