import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silenceLeftMs, silentNodeConditions } from '../../../../controller-manager/node-lifecycle/node-conditions.ts';
import { at, NOW, node } from '../objects.ts';

describe('silenceLeftMs', () => {
  const cases = [
    { name: 'counts from the last heartbeat', ready: 'True' as const, heartbeat: 10, want: 40_000 },
    { name: 'is used up after the grace period', ready: 'True' as const, heartbeat: 50, want: 0 },
    { name: 'is longer for a node that has not reported yet', ready: undefined, heartbeat: 50, want: 10_000 },
  ];
  for (const { name, ready, heartbeat, want } of cases) {
    test(name, () =>
      assert.equal(
        silenceLeftMs({ node: node('n1', ready), heartbeatAt: NOW - heartbeat * 1000, now: NOW, graceMs: 50_000, startupGraceMs: 60_000 }),
        want,
      ),
    );
  }
});

describe('silentNodeConditions', () => {
  test('makes reported conditions unknown, adds those never reported, leaves others', () => {
    const conditions =
      silentNodeConditions({ node: node('n1', 'True', { conditions: { NetworkUnavailable: 'False', MemoryPressure: 'False' } }) }, NOW) ??
      [];
    assert.deepEqual(
      conditions.map(({ type, status, reason, message, lastTransitionTime }) => [
        type,
        status,
        reason,
        message,
        lastTransitionTime === at(0),
      ]),
      [
        ['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.', true],
        ['NetworkUnavailable', 'False', 'KubeletReady', undefined, false],
        ['MemoryPressure', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.', true],
        ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.', true],
        ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.', true],
      ],
    );
  });

  test('changes nothing once all are unknown', () => {
    const unknown = node('n1', 'Unknown', { conditions: { MemoryPressure: 'Unknown', DiskPressure: 'Unknown', PIDPressure: 'Unknown' } });
    assert.equal(silentNodeConditions({ node: unknown }, NOW), undefined);
  });
});
