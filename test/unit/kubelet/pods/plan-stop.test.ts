import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planStop, type StopView } from '../../../../kubelet/pods/plan-stop.ts';
import { container, exited, pod, run, sandbox, T0 } from './builders.ts';

const sidecars = { initContainers: [container('s1', { restartPolicy: 'Always' }), container('s2', { restartPolicy: 'Always' })] };

describe('planStop', () => {
  const cases: ({ name: string; want: [string, number][] } & Partial<StopView>)[] = [
    {
      name: 'stops all containers with the grace of the deletion',
      pod: pod({}, { metadata: { deletionGracePeriodSeconds: 5 } }),
      sandboxes: [sandbox([run('a'), exited('b', 0), run('c')])],
      deletion: true,
      want: [
        ['a-0', 5],
        ['c-0', 5],
      ],
    },
    {
      name: 'leaves a second even where none is asked for',
      pod: pod({}, { metadata: { deletionGracePeriodSeconds: 0 } }),
      sandboxes: [sandbox([run('c')])],
      deletion: true,
      want: [['c-0', 1]],
    },
    {
      name: 'stops sidecars after the others',
      pod: pod(sidecars),
      sandboxes: [sandbox([run('s1'), run('s2'), run('c')])],
      want: [['c-0', 30]],
    },
    {
      name: 'stops the last sidecar first, in what is left of the grace',
      pod: pod(sidecars),
      sandboxes: [sandbox([run('s1'), run('s2'), exited('c', 0)])],
      now: T0 + 10_000,
      want: [['s2-0', 20]],
    },
    { name: 'has nothing to do when nothing runs', sandboxes: [sandbox([exited('c', 0)])], want: [] },
  ];
  for (const { name, want, ...view } of cases) {
    test(name, () =>
      assert.deepEqual(
        planStop({ pod: pod(), sandboxes: [], deletion: false, since: T0, now: T0, ...view }).map(({ id, graceSeconds }) => [
          id,
          graceSeconds,
        ]),
        want,
      ),
    );
  }
});
