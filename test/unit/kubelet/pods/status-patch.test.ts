import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { statusPatch } from '../../../../kubelet/pods/status-patch.ts';
import type { PodCondition, PodStatus } from '../../../../shared/api/generated/core-v1.ts';

const condition = (type: string, fields: Partial<PodCondition> = {}): PodCondition => ({
  type,
  status: 'True',
  lastProbeTime: null as unknown as string,
  lastTransitionTime: 't',
  ...fields,
});

describe('statusPatch', () => {
  const cases: { name: string; old: PodStatus; wanted: PodStatus; want: unknown }[] = [
    { name: 'is nothing for equal statuses', old: { phase: 'Running' }, wanted: { phase: 'Running' }, want: undefined },
    {
      name: 'takes a null of the server for nothing',
      old: { conditions: [condition('Ready')] },
      wanted: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 't' } as PodCondition] },
      want: undefined,
    },
    {
      name: 'names only what changed',
      old: { phase: 'Pending', hostIP: 'h' },
      wanted: { phase: 'Running', hostIP: 'h' },
      want: { phase: 'Running' },
    },
    { name: 'removes what is gone', old: { reason: 'x' }, wanted: {}, want: { reason: null } },
    {
      name: 'leaves the conditions of others alone',
      old: { conditions: [condition('lb')] },
      wanted: { conditions: [condition('lb', { status: 'False' })] },
      want: undefined,
    },
    {
      name: 'clears the reason of a condition',
      old: { conditions: [condition('Ready', { status: 'False', reason: 'R', message: 'm' })] },
      wanted: { conditions: [condition('Ready')] },
      want: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 't', reason: null, message: null }] },
    },
    {
      name: 'replaces addresses that changed',
      old: { podIPs: [{ ip: 'a' }] },
      wanted: { podIPs: [{ ip: 'b' }] },
      want: { podIPs: [{ ip: 'b' }, { $patch: 'replace' }] },
    },
    { name: 'sets first addresses', old: {}, wanted: { podIPs: [{ ip: 'b' }] }, want: { podIPs: [{ ip: 'b' }] } },
  ];
  for (const { name, old, wanted, want } of cases) test(name, () => assert.deepEqual(statusPatch(old, wanted), want));
});
