import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evictionRate, zoneState } from '../../../../controller-manager/node-lifecycle/zone-state.ts';
import { node } from '../objects.ts';

const zone = (name: string, ready: number, notReady: number) => [
  ...Array.from({ length: ready }, (_, i) => node(`${name}-r${i}`, 'True', { labels: { 'topology.kubernetes.io/zone': name } })),
  ...Array.from({ length: notReady }, (_, i) => node(`${name}-n${i}`, 'Unknown', { labels: { 'topology.kubernetes.io/zone': name } })),
];
const rates = { normalPerSecond: 0.1, secondaryPerSecond: 0.01, unhealthyThreshold: 0.55, largeClusterSize: 50 };

describe('zoneState', () => {
  const cases = [
    { name: 'is normal with few nodes down', nodes: zone('a', 5, 2), want: 'Normal' },
    { name: 'is normal with two nodes down of three', nodes: zone('a', 1, 2), want: 'Normal' },
    { name: 'is partial from 55 % down', nodes: zone('a', 4, 5), want: 'PartialDisruption' },
    { name: 'is full with all down', nodes: zone('a', 0, 1), want: 'FullDisruption' },
    { name: 'is normal without nodes', nodes: [], want: 'Normal' },
  ];
  for (const { name, nodes, want } of cases) test(name, () => assert.equal(zoneState(nodes, rates), want));
});

describe('evictionRate', () => {
  const cases = [
    { name: 'is normal in a healthy zone', nodes: zone('a', 5, 1), want: 0.1 },
    { name: 'is normal in a zone that is down whole while another is up', nodes: [...zone('a', 0, 3), ...zone('b', 1, 0)], want: 0.1 },
    { name: 'is zero when no node is ready anywhere', nodes: [...zone('a', 0, 3), ...zone('b', 0, 1)], want: 0 },
    { name: 'is zero in a small zone partly down', nodes: zone('a', 3, 5), want: 0 },
    { name: 'is low in a large zone partly down', nodes: zone('a', 20, 40), want: 0.01 },
  ];
  for (const { name, nodes, want } of cases) {
    const down = nodes.find(({ metadata }) => metadata.name.startsWith('a-n'));
    test(name, () => assert.equal(down && evictionRate(down, nodes, rates), want));
  }
});
