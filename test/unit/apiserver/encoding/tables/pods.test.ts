import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pods } from '../../../../../apiserver/encoding/tables/pods.ts';
import type { UntypedObject } from '../../../../../shared/api/meta.ts';

const now = Date.parse('2024-01-01T01:00:00Z');
const running = (name: string, more: object = {}) => ({ name, ready: true, restartCount: 0, state: { running: {} }, ...more });
const done = (name: string, terminated: object) => ({ name, ready: false, restartCount: 0, state: { terminated } });
const waiting = (name: string, reason: string) => ({ name, ready: false, restartCount: 0, state: { waiting: { reason } } });

/** READY, STATUS and RESTARTS of a pod with containers a and b. */
function summary({ spec = {}, status, metadata = {} }: { spec?: object; status: object; metadata?: object }): unknown[] {
  const pod = {
    metadata: { name: 'p', creationTimestamp: '2024-01-01T00:00:00Z', ...metadata },
    spec: { containers: [{ name: 'a' }, { name: 'b' }], ...spec },
    status,
  };
  return pods.cells(pod as unknown as UntypedObject, now).slice(1, 4);
}

describe('the status of a pod', () => {
  const cases: { name: string; pod: Parameters<typeof summary>[0]; want: unknown[] }[] = [
    { name: 'is its phase', pod: { status: { phase: 'Pending' } }, want: ['0/2', 'Pending', '0'] },
    { name: 'is its reason, if it has one', pod: { status: { phase: 'Failed', reason: 'Evicted' } }, want: ['0/2', 'Evicted', '0'] },
    {
      name: 'is Running',
      pod: { status: { phase: 'Running', containerStatuses: [running('a'), running('b')] } },
      want: ['2/2', 'Running', '0'],
    },
    {
      name: 'is why a container waits',
      pod: { status: { phase: 'Running', containerStatuses: [running('a'), waiting('b', 'CrashLoopBackOff')] } },
      want: ['1/2', 'CrashLoopBackOff', '0'],
    },
    {
      name: 'is why a container ended',
      pod: { status: { phase: 'Failed', containerStatuses: [done('a', { exitCode: 1, reason: 'Error' })] } },
      want: ['0/2', 'Error', '0'],
    },
    {
      name: 'is an exit code without a reason',
      pod: { status: { phase: 'Failed', containerStatuses: [done('a', { exitCode: 3 })] } },
      want: ['0/2', 'ExitCode:3', '0'],
    },
    {
      name: 'is a signal without a reason',
      pod: { status: { phase: 'Failed', containerStatuses: [done('a', { exitCode: 137, signal: 9 })] } },
      want: ['0/2', 'Signal:9', '0'],
    },
    {
      name: 'is NotReady when one is done and the pod is not ready',
      pod: { status: { phase: 'Running', containerStatuses: [done('a', { exitCode: 0, reason: 'Completed' }), running('b')] } },
      want: ['1/2', 'NotReady', '0'],
    },
    {
      name: 'counts restarts and says when the last was',
      pod: {
        status: {
          phase: 'Running',
          containerStatuses: [
            running('a', { restartCount: 3, lastState: { terminated: { exitCode: 1, finishedAt: '2024-01-01T00:55:00Z' } } }),
            running('b'),
          ],
        },
      },
      want: ['2/2', 'Running', '3 (5m ago)'],
    },
    {
      name: 'is Init:1/2 while init containers run',
      pod: {
        spec: { initContainers: [{ name: 'x' }, { name: 'y' }] },
        status: { phase: 'Pending', initContainerStatuses: [done('x', { exitCode: 0 }), running('y', { ready: false })] },
      },
      want: ['0/2', 'Init:1/2', '0'],
    },
    {
      name: 'is Init:Error when one fails',
      pod: {
        spec: { initContainers: [{ name: 'x' }] },
        status: { phase: 'Pending', initContainerStatuses: [{ ...done('x', { exitCode: 1, reason: 'Error' }), restartCount: 2 }] },
      },
      want: ['0/2', 'Init:Error', '2'],
    },
    {
      name: 'counts sidecars',
      pod: {
        spec: { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
        status: {
          phase: 'Running',
          initContainerStatuses: [running('s', { started: true, restartCount: 1 })],
          containerStatuses: [running('a'), running('b')],
        },
      },
      want: ['3/3', 'Running', '1'],
    },
    {
      name: 'is Terminating',
      pod: {
        metadata: { deletionTimestamp: '2024-01-01T00:59:00Z' },
        status: { phase: 'Running', containerStatuses: [running('a'), running('b')] },
      },
      want: ['2/2', 'Terminating', '0'],
    },
    {
      name: 'is Unknown on a lost node',
      pod: { metadata: { deletionTimestamp: '2024-01-01T00:59:00Z' }, status: { phase: 'Running', reason: 'NodeLost' } },
      want: ['0/2', 'Unknown', '0'],
    },
    {
      name: 'stays what it was when it is over',
      pod: { metadata: { deletionTimestamp: '2024-01-01T00:59:00Z' }, status: { phase: 'Succeeded' } },
      want: ['0/2', 'Succeeded', '0'],
    },
    {
      name: 'is SchedulingGated',
      pod: { status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] } },
      want: ['0/2', 'SchedulingGated', '0'],
    },
  ];
  for (const { name, pod, want } of cases) {
    test(name, () => assert.deepEqual(summary(pod), want));
  }

  test('is a condition of the row once the pod is over', () => {
    const over = { metadata: {}, status: { phase: 'Succeeded' } } as unknown as UntypedObject;
    assert.deepEqual(pods.conditions?.(over), [
      { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
    ]);
  });
});
