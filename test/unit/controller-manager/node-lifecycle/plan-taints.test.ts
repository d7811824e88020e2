import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planTaints } from '../../../../controller-manager/node-lifecycle/plan-taints.ts';
import type { Taint } from '../../../../shared/api/generated/core-v1.ts';
import { at, NOW, node } from '../objects.ts';

const taint = (name: string, effect: Taint['effect'] = 'NoSchedule'): Taint => ({ key: `node.kubernetes.io/${name}`, effect });
const added = (name: string, effect?: Taint['effect']): Taint => ({ ...taint(name, effect), timeAdded: at(0) });

describe('planTaints', () => {
  const mine: Taint = { key: 'dedicated', value: 'gpu', effect: 'NoExecute' };
  const cases = [
    { name: 'leaves a ready node without taints', of: node('n', 'True'), evict: true, want: undefined },
    {
      name: 'removes the taint of a node that became ready',
      of: node('n', 'True', { taints: [taint('not-ready')] }),
      evict: true,
      want: [],
    },
    {
      name: 'keeps taints of others',
      of: node('n', 'True', { taints: [mine, taint('unreachable', 'NoExecute')] }),
      evict: true,
      want: [mine],
    },
    {
      name: 'taints a node that is not ready',
      of: node('n', 'False'),
      evict: true,
      want: [added('not-ready'), added('not-ready', 'NoExecute')],
    },
    { name: 'only keeps new pods away when it may not evict', of: node('n', 'False'), evict: false, want: [added('not-ready')] },
    {
      name: 'replaces not-ready by unreachable',
      of: node('n', 'Unknown', { taints: [taint('not-ready'), taint('not-ready', 'NoExecute')] }),
      evict: true,
      want: [added('unreachable'), added('unreachable', 'NoExecute')],
    },
    {
      name: 'follows pressure and cordon',
      of: node('n', 'True', {
        unschedulable: true,
        conditions: { MemoryPressure: 'True', DiskPressure: 'True', PIDPressure: 'True', NetworkUnavailable: 'True' },
      }),
      evict: true,
      want: [added('memory-pressure'), added('disk-pressure'), added('network-unavailable'), added('pid-pressure'), added('unschedulable')],
    },
    { name: 'removes the cordon’s taint', of: node('n', 'True', { taints: [taint('unschedulable')] }), evict: true, want: [] },
    {
      name: 'changes nothing that is right',
      of: node('n', 'False', { taints: [taint('not-ready'), taint('not-ready', 'NoExecute')] }),
      evict: true,
      want: undefined,
    },
  ];
  for (const { name, of, evict, want } of cases) test(name, () => assert.deepEqual(planTaints(of, { evict, now: NOW }), want));
});
