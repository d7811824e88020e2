import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planPodCidr } from '../../../../controller-manager/node-ipam/plan-pod-cidr.ts';

describe('planPodCidr', () => {
  const cases = [
    { name: 'gives the first range', range: '10.244.0.0/16', taken: [], want: '10.244.0.0/24' },
    {
      name: 'gives the first free range',
      range: '10.244.0.0/16',
      taken: ['10.244.0.0/24', '10.244.1.0/24', '10.244.3.0/24'],
      want: '10.244.2.0/24',
    },
    { name: 'starts at the network’s address', range: '10.244.7.9/16', taken: [], want: '10.244.0.0/24' },
    { name: 'has none left when all are taken', range: '10.0.0.0/23', taken: ['10.0.0.0/24', '10.0.1.0/24'], want: undefined },
  ];
  for (const { name, range, taken, want } of cases)
    test(name, () => assert.equal(planPodCidr({ clusterCidr: range, maskSize: 24 }, new Set(taken)), want));

  test('refuses a range that is smaller than a node’s share', () => {
    assert.throws(() => planPodCidr({ clusterCidr: '10.0.0.0/25', maskSize: 24 }, new Set()), /cannot be divided/);
  });
});
