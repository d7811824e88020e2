import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PodStatusInputs, podStatus } from '../../../../kubelet/pods/pod-status.ts';
import type { PodStatus } from '../../../../shared/api/generated/core-v1.ts';
import { container, exited, pod, run, sandbox, T0 } from './builders.ts';

function status(inputs: Partial<PodStatusInputs>): PodStatus {
  return podStatus({
    pod: pod(),
    sandboxes: [],
    verdicts: () => ({}),
    hooksPending: new Set(),
    waiting: new Map(),
    hostIPs: ['10.0.0.1'],
    podIPs: ['127.100.1.2'],
    startedAt: T0,
    runtimeName: 'process',
    now: T0,
    ...inputs,
  });
}

const conditionsOf = (s: PodStatus): Record<string, string> =>
  Object.fromEntries(
    (s.conditions ?? []).map(({ type, status: value, reason, message }) => [
      type,
      [value, reason, message].filter((part) => part !== undefined).join(' | '),
    ]),
  );

test('podStatus shows a running, ready pod as upstream does', () => {
  assert.deepEqual(status({ sandboxes: [sandbox([run('c')])] }), {
    observedGeneration: 1,
    phase: 'Running',
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
      type,
      observedGeneration: 1,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: '2024-01-01T00:00:00Z',
    })),
    hostIP: '10.0.0.1',
    hostIPs: [{ ip: '10.0.0.1' }],
    podIP: '127.100.1.2',
    podIPs: [{ ip: '127.100.1.2' }],
    startTime: '2024-01-01T00:00:00Z',
    containerStatuses: [
      {
        name: 'c',
        state: { running: { startedAt: '2024-01-01T00:00:00Z' } },
        lastState: {},
        ready: true,
        restartCount: 0,
        image: 'app:1',
        imageID: 'app:1',
        containerID: 'process://c-0',
        started: true,
      },
    ],
    qosClass: 'BestEffort',
  });
});

describe('podStatus phase', () => {
  const one = (fields = {}) => pod({ ...fields });
  const cases: { name: string; inputs: Partial<PodStatusInputs>; want: string }[] = [
    { name: 'is Pending without containers', inputs: {}, want: 'Pending' },
    {
      name: 'is Pending while init containers run',
      inputs: { pod: one({ initContainers: [container('i')] }), sandboxes: [sandbox([run('i')])] },
      want: 'Pending',
    },
    {
      name: 'is Pending while an init container crashes',
      inputs: { pod: one({ initContainers: [container('i')] }), sandboxes: [sandbox([exited('i', 1)])] },
      want: 'Pending',
    },
    { name: 'is Running while a container restarts', inputs: { sandboxes: [sandbox([exited('c', 1)])] }, want: 'Running' },
    {
      name: 'is Succeeded when all ended well',
      inputs: { pod: one({ restartPolicy: 'OnFailure' }), sandboxes: [sandbox([exited('c', 0)])] },
      want: 'Succeeded',
    },
    {
      name: 'is Running when one failed and will be restarted',
      inputs: { pod: one({ restartPolicy: 'OnFailure' }), sandboxes: [sandbox([exited('c', 2)])] },
      want: 'Running',
    },
    {
      name: 'is Failed when one failed for good',
      inputs: { pod: one({ restartPolicy: 'Never' }), sandboxes: [sandbox([exited('c', 2)])] },
      want: 'Failed',
    },
    {
      name: 'is Failed when an init container failed for good',
      inputs: { pod: one({ restartPolicy: 'Never', initContainers: [container('i')] }), sandboxes: [sandbox([exited('i', 2)])] },
      want: 'Failed',
    },
    {
      name: 'is Failed for a deleted pod whose containers were killed',
      inputs: { sandboxes: [sandbox([exited('c', 143)])], terminal: {} },
      want: 'Failed',
    },
    {
      name: 'is Succeeded for a deleted pod whose containers ended well',
      inputs: { sandboxes: [sandbox([exited('c', 0)])], terminal: {} },
      want: 'Succeeded',
    },
    {
      name: 'stays Running while a deleted pod is stopping',
      inputs: { pod: pod({}, { status: { phase: 'Running' } }), sandboxes: [sandbox([run('c')])], terminal: {} },
      want: 'Running',
    },
    {
      name: 'stays as it is once it is final',
      inputs: { pod: pod({}, { status: { phase: 'Succeeded' } }), sandboxes: [] },
      want: 'Succeeded',
    },
    {
      name: 'is Failed at the deadline',
      inputs: { sandboxes: [sandbox([exited('c', 0)])], terminal: { reason: 'DeadlineExceeded', message: 'm' } },
      want: 'Failed',
    },
  ];
  for (const { name, inputs, want } of cases) test(name, () => assert.equal(status(inputs).phase, want));
});

describe('podStatus conditions', () => {
  const cases: { name: string; inputs: Partial<PodStatusInputs>; want: Record<string, string> }[] = [
    {
      name: 'name what a new pod waits for',
      inputs: { pod: pod({ initContainers: [container('i')], containers: [container('a'), container('b')] }) },
      want: {
        PodReadyToStartContainers: 'False',
        Initialized: 'False | ContainersNotInitialized | containers with incomplete status: [i]',
        Ready: 'False | ContainersNotReady | containers with unready status: [a b]',
        ContainersReady: 'False | ContainersNotReady | containers with unready status: [a b]',
        PodScheduled: 'True',
      },
    },
    {
      name: 'say that a pod has completed',
      inputs: { pod: pod({ restartPolicy: 'Never' }), sandboxes: [sandbox([exited('c', 0)], { state: 'notReady' })] },
      want: {
        PodReadyToStartContainers: 'False',
        Initialized: 'True | PodCompleted',
        Ready: 'False | PodCompleted',
        ContainersReady: 'False | PodCompleted',
        PodScheduled: 'True',
      },
    },
    {
      name: 'wait for readiness gates and keep the conditions of others',
      inputs: {
        pod: pod(
          { readinessGates: [{ conditionType: 'lb' }, { conditionType: 'dns' }] },
          { status: { conditions: [{ type: 'lb', status: 'False', lastProbeTime: '', lastTransitionTime: '' }] } },
        ),
        sandboxes: [sandbox([run('c')])],
      },
      want: {
        PodReadyToStartContainers: 'True',
        Initialized: 'True',
        Ready:
          'False | ReadinessGatesNotReady | the status of pod readiness gate "lb" is not "True", but False, corresponding condition of pod readiness gate "dns" does not exist.',
        ContainersReady: 'True',
        PodScheduled: 'True',
        lb: 'False',
      },
    },
  ];
  for (const { name, inputs, want } of cases) test(name, () => assert.deepEqual(conditionsOf(status(inputs)), want));
});

describe('podStatus of a container', () => {
  const first = (inputs: Partial<PodStatusInputs>) => status(inputs).containerStatuses?.[0];
  test('waits for its creation', () => assert.deepEqual(first({})?.state, { waiting: { reason: 'ContainerCreating' } }));
  test('waits for the init containers', () => {
    const s = status({ pod: pod({ initContainers: [container('i')] }), sandboxes: [sandbox([run('i')])] });
    assert.deepEqual(s.containerStatuses?.[0]?.state, { waiting: { reason: 'PodInitializing' } });
    assert.equal(s.initContainerStatuses?.[0]?.ready, false);
  });
  test('still waits where an init container failed for good', () => {
    const failed = status({
      pod: pod({ restartPolicy: 'Never', initContainers: [container('i'), container('j')] }),
      sandboxes: [sandbox([exited('i', 2)], { state: 'notReady' })],
      terminal: {},
    });
    const waiting = { waiting: { reason: 'PodInitializing' } };
    assert.deepEqual(
      [failed.phase, failed.initContainerStatuses?.[1]?.state, failed.containerStatuses?.[0]?.state],
      ['Failed', waiting, waiting],
    );
    assert.equal(conditionsOf(failed).Initialized, 'False | ContainersNotInitialized | containers with incomplete status: [i j]');
  });
  test('shows its back-off and how it ended', () => {
    const waiting = new Map([['c', { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container=c pod=web_ns(u1)' }]]);
    const got = first({ sandboxes: [sandbox([exited('c', 1, { attempt: 2, message: 'boom' })])], waiting });
    const ended = {
      exitCode: 1,
      reason: 'Error',
      message: 'boom',
      startedAt: '2024-01-01T00:00:00Z',
      finishedAt: '2024-01-01T00:00:00Z',
      containerID: 'process://c-2',
    };
    assert.deepEqual(
      [got?.state, got?.lastState, got?.restartCount, got?.started],
      [{ waiting: waiting.get('c') }, { terminated: ended }, 2, false],
    );
  });
  test('shows why it cannot be made', () => {
    const waiting = new Map([['c', { reason: 'CreateContainerConfigError', message: 'configmap "x" not found' }]]);
    assert.deepEqual(first({ sandboxes: [sandbox([])], waiting })?.state, { waiting: waiting.get('c') });
  });
  test('is not ready before its probes say so', () => {
    const probed = pod({ containers: [container('c', { readinessProbe: {}, startupProbe: {} })] });
    const sandboxes = [sandbox([run('c')])];
    assert.deepEqual(first({ pod: probed, sandboxes, verdicts: () => ({ readiness: 'failure' }) })?.started, false);
    assert.deepEqual(first({ pod: probed, sandboxes, verdicts: () => ({ startup: 'success', readiness: 'failure' }) })?.ready, false);
    assert.deepEqual(first({ pod: probed, sandboxes, verdicts: () => ({ startup: 'success', readiness: 'success' }) })?.ready, true);
  });
  test('is still being made while its postStart hook runs', () => {
    assert.deepEqual(first({ sandboxes: [sandbox([run('c')])], hooksPending: new Set(['c-0']) })?.state, {
      waiting: { reason: 'ContainerCreating' },
    });
  });
});
