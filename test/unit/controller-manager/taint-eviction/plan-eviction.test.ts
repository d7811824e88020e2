import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evictionDelayMs } from '../../../../controller-manager/taint-eviction/plan-eviction.ts';
import type { Taint, Toleration } from '../../../../shared/api/generated/core-v1.ts';
import { at, NOW } from '../objects.ts';

const unreachable: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: at(10) };
const gpu: Taint = { key: 'gpu', value: 'yes', effect: 'NoExecute', timeAdded: at(100) };
const tolerate = (tolerationSeconds?: number): Toleration => ({
  key: unreachable.key,
  operator: 'Exists',
  effect: 'NoExecute',
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
});

describe('evictionDelayMs', () => {
  const cases: { name: string; taints: Taint[]; tolerations: Toleration[]; want: number | undefined }[] = [
    { name: 'is never without taints', taints: [], tolerations: [], want: undefined },
    {
      name: 'is never for taints that only keep new pods away',
      taints: [{ ...gpu, effect: 'NoSchedule' }],
      tolerations: [],
      want: undefined,
    },
    { name: 'is now without a toleration', taints: [unreachable], tolerations: [], want: 0 },
    { name: 'is never with an unlimited toleration', taints: [unreachable], tolerations: [tolerate()], want: undefined },
    { name: 'counts the toleration from when the taint was added', taints: [unreachable], tolerations: [tolerate(300)], want: 290_000 },
    { name: 'takes the shortest of several tolerations', taints: [unreachable], tolerations: [tolerate(300), tolerate(20)], want: 10_000 },
    { name: 'is now when the time has passed', taints: [unreachable], tolerations: [tolerate(5)], want: 0 },
    { name: 'is now for a toleration of 0 s', taints: [unreachable], tolerations: [tolerate(0)], want: 0 },
    { name: 'is now when one of two taints is not tolerated', taints: [unreachable, gpu], tolerations: [tolerate()], want: 0 },
    { name: 'compares values', taints: [gpu], tolerations: [{ key: 'gpu', operator: 'Equal', value: 'no' }], want: 0 },
    { name: 'takes no operator as Equal', taints: [gpu], tolerations: [{ key: 'gpu', value: 'yes' }], want: undefined },
    { name: 'takes an empty key with Exists as any', taints: [gpu, unreachable], tolerations: [{ operator: 'Exists' }], want: undefined },
  ];
  for (const { name, taints, tolerations, want } of cases) test(name, () => assert.equal(evictionDelayMs(taints, tolerations, NOW), want));
});
