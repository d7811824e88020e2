import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PodPlan, type PodView, planPod } from '../../../../kubelet/pods/plan-pod.ts';
import { container, exited, pod, run, sandbox, T0 } from './builders.ts';

type Brief = Omit<Partial<PodPlan>, 'start' | 'kill' | 'removeContainers' | 'backingOff'> & {
  start?: string[];
  kill?: string[];
  removeContainers?: string[];
  backingOff?: [string, string][];
};

/** Starts as `name#attempt`, kills as `id: message (grace)`; what is empty is left out. */
function brief(plan: PodPlan): Brief {
  const all = {
    ...plan,
    start: plan.start.map((action) => `${action.container.name}#${action.attempt}`),
    kill: plan.kill.map(({ id, message, graceSeconds }) => `${id}: ${message} (${graceSeconds}s)`),
    removeContainers: plan.removeContainers.map(({ id }) => id),
    backingOff: [...plan.backingOff],
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}

const init = container('i', {});
const second = container('j', {});
const sidecar = container('s', { restartPolicy: 'Always' });
const probed = container('c', { livenessProbe: { terminationGracePeriodSeconds: 7 }, startupProbe: {} });

const cases: ({ name: string; want: Brief } & Partial<PodView>)[] = [
  { name: 'makes a sandbox first', pod: pod(), sandboxes: [], want: { createSandbox: { attempt: 0 } } },
  {
    name: 'starts the containers in a fresh sandbox',
    pod: pod({ containers: [container('a'), container('b')] }),
    sandboxes: [sandbox([])],
    want: { start: ['a#0', 'b#0'] },
  },
  { name: 'has nothing to do while all run', pod: pod(), sandboxes: [sandbox([run('c')])], want: {} },
  {
    name: 'starts a container that was only created',
    pod: pod(),
    sandboxes: [sandbox([run('c', { state: 'created' })])],
    want: { start: ['c#0'] },
  },
  { name: 'restarts at once after a first crash', pod: pod(), sandboxes: [sandbox([exited('c', 1)])], want: { start: ['c#1'] } },
  {
    name: 'waits out the back-off after the next crash',
    pod: pod(),
    sandboxes: [sandbox([exited('c', 1), exited('c', 1, { attempt: 1, finishedAt: T0 })])],
    backoff: new Map([['c', { delayMs: 10_000, updatedAt: T0 }]]),
    want: { backingOff: [['c', 'back-off 10s restarting failed container=c pod=web_ns(u1)']], wakeAt: T0 + 10_000 },
  },
  {
    name: 'restarts when the back-off is over',
    pod: pod(),
    sandboxes: [sandbox([exited('c', 1, { attempt: 1 })])],
    backoff: new Map([['c', { delayMs: 10_000, updatedAt: T0 }]]),
    now: T0 + 10_000,
    want: { start: ['c#2'] },
  },
  {
    name: 'forgets the back-off of a container that ran for more than ten minutes',
    pod: pod(),
    sandboxes: [sandbox([exited('c', 1, { attempt: 4, finishedAt: T0 + 601_000 })])],
    backoff: new Map([['c', { delayMs: 300_000, updatedAt: T0 }]]),
    now: T0 + 601_000,
    want: { start: ['c#5'] },
  },
  {
    name: 'restarts a container of policy Always that ended well',
    pod: pod(),
    sandboxes: [sandbox([exited('c', 0)])],
    want: { start: ['c#1'] },
  },
  {
    name: 'finishes a pod of policy OnFailure that ended well',
    pod: pod({ restartPolicy: 'OnFailure' }),
    sandboxes: [sandbox([exited('c', 0)])],
    want: { finish: {} },
  },
  {
    name: 'restarts a failed container of policy OnFailure',
    pod: pod({ restartPolicy: 'OnFailure' }),
    sandboxes: [sandbox([exited('c', 3)])],
    want: { start: ['c#1'] },
  },
  {
    name: 'finishes a failed pod of policy Never',
    pod: pod({ restartPolicy: 'Never' }),
    sandboxes: [sandbox([exited('c', 3)])],
    want: { finish: {} },
  },
  {
    name: 'waits for the others of a pod of policy Never',
    pod: pod({ restartPolicy: 'Never', containers: [container('a'), container('b')] }),
    sandboxes: [sandbox([exited('a', 3), run('b')])],
    want: {},
  },
  {
    name: 'obeys a restart rule for the exit code',
    pod: pod({
      restartPolicy: 'Never',
      containers: [container('c', { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }] })],
    }),
    sandboxes: [sandbox([exited('c', 42)])],
    want: { start: ['c#1'] },
  },
  {
    name: 'runs init containers one by one',
    pod: pod({ initContainers: [init, second] }),
    sandboxes: [sandbox([])],
    want: { start: ['i#0'] },
  },
  {
    name: 'waits for an init container that runs',
    pod: pod({ initContainers: [init, second] }),
    sandboxes: [sandbox([run('i')])],
    want: {},
  },
  {
    name: 'goes on to the next init container',
    pod: pod({ initContainers: [init, second] }),
    sandboxes: [sandbox([exited('i', 0)])],
    want: { start: ['j#0'] },
  },
  {
    name: 'starts the others after the last init container',
    pod: pod({ initContainers: [init, second] }),
    sandboxes: [sandbox([exited('i', 0), exited('j', 0)])],
    want: { start: ['c#0'] },
  },
  {
    name: 'restarts a failed init container',
    pod: pod({ initContainers: [init] }),
    sandboxes: [sandbox([exited('i', 1)])],
    want: { start: ['i#1'] },
  },
  {
    name: 'finishes when an init container fails under policy Never',
    pod: pod({ initContainers: [init], restartPolicy: 'Never' }),
    sandboxes: [sandbox([exited('i', 1)])],
    want: { finish: {} },
  },
  {
    name: 'starts the others once a sidecar runs',
    pod: pod({ initContainers: [sidecar] }),
    sandboxes: [sandbox([run('s')])],
    want: { start: ['c#0'] },
  },
  {
    name: 'waits for the startup probe of a sidecar',
    pod: pod({ initContainers: [container('s', { restartPolicy: 'Always', startupProbe: {} })] }),
    sandboxes: [sandbox([run('s')])],
    want: {},
  },
  {
    name: 'restarts a sidecar even under policy Never',
    pod: pod({ initContainers: [sidecar], restartPolicy: 'Never' }),
    sandboxes: [sandbox([exited('s', 0), run('c')])],
    want: { start: ['s#1'] },
  },
  {
    name: 'finishes with a sidecar still running',
    pod: pod({ initContainers: [sidecar], restartPolicy: 'Never' }),
    sandboxes: [sandbox([run('s'), exited('c', 0)])],
    want: { finish: {} },
  },
  {
    name: 'kills on liveness failure with the grace of the probe',
    pod: pod({ containers: [probed] }),
    sandboxes: [sandbox([run('c')])],
    verdicts: () => ({ startup: 'success', liveness: 'failure' }),
    want: { kill: ['c-0: Container c failed liveness probe, will be restarted (7s)'] },
  },
  {
    name: 'kills on startup failure, for good under policy Never',
    pod: pod({ containers: [probed], restartPolicy: 'Never' }),
    sandboxes: [sandbox([run('c')])],
    verdicts: () => ({ startup: 'failure' }),
    want: { kill: ['c-0: Container c failed startup probe (30s)'] },
  },
  {
    name: 'does not kill twice',
    pod: pod({ containers: [probed] }),
    sandboxes: [sandbox([run('c')])],
    verdicts: () => ({ liveness: 'failure' }),
    stopping: new Set(['c-0']),
    want: {},
  },
  {
    name: 'restarts a container whose image changed',
    pod: pod({ containers: [container('c', { image: 'app:2' })] }),
    sandboxes: [sandbox([run('c')])],
    want: { kill: ['c-0: Container c definition changed, will be restarted (30s)'] },
  },
  {
    name: 'replaces a sandbox that died',
    pod: pod(),
    sandboxes: [sandbox([exited('c', 137)], { state: 'notReady' })],
    want: { createSandbox: { attempt: 1 }, stopSandboxes: ['s0'] },
  },
  {
    name: 'does not replace the sandbox of a pod of policy Never',
    pod: pod({ restartPolicy: 'Never' }),
    sandboxes: [sandbox([exited('c', 137)], { state: 'notReady' })],
    want: { finish: {} },
  },
  {
    name: 'goes on counting in a new sandbox and removes the old one later',
    pod: pod(),
    sandboxes: [sandbox([exited('c', 137, { attempt: 3 })], { state: 'notReady' }), sandbox([], { attempt: 1 })],
    want: { start: ['c#4'] },
  },
  {
    name: 'goes on counting where the API stopped when the runtime has forgotten all',
    pod: pod(
      {},
      {
        status: {
          containerStatuses: [
            { name: 'c', restartCount: 5, containerID: 'process://x', state: {}, lastState: {}, ready: true, image: '', imageID: '' },
          ],
        },
      },
    ),
    sandboxes: [sandbox([])],
    want: { start: ['c#6'] },
  },
  {
    name: 'keeps one earlier container of a name',
    pod: pod(),
    sandboxes: [sandbox([exited('c', 1), exited('c', 1, { attempt: 1 }), run('c', { attempt: 2 })])],
    want: { removeContainers: ['c-0'] },
  },
  {
    name: 'looks again at the deadline',
    pod: pod({ activeDeadlineSeconds: 60 }),
    sandboxes: [sandbox([run('c')])],
    want: { wakeAt: T0 + 60_000 },
  },
  {
    name: 'finishes a pod at its deadline',
    pod: pod({ activeDeadlineSeconds: 60 }),
    sandboxes: [sandbox([run('c')])],
    now: T0 + 60_000,
    want: { finish: { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' } },
  },
  {
    name: 'starts an ephemeral container once',
    pod: pod({ ephemeralContainers: [{ ...container('debug'), targetContainerName: 'c' }] }),
    sandboxes: [sandbox([run('c'), exited('debug', 1)])],
    want: {},
  },
];

describe('planPod', () => {
  for (const { name, want, ...view } of cases) {
    test(name, () => {
      const full = {
        pod: pod(),
        sandboxes: [],
        verdicts: () => ({}),
        backoff: new Map(),
        stopping: new Set<string>(),
        startedAt: T0,
        now: T0,
        ...view,
      };
      assert.deepEqual(brief(planPod(full)), want);
    });
  }
});
