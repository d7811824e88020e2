import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { currentCause, withCause } from '../../../../shared/client/cause.ts';
import type { WorkQueue } from '../../../../shared/client/work-queue.ts';
import type { Reconciler } from '../../../../shared/controller/reconciler.ts';
import { type ControllerDeps, runController } from '../../../../shared/controller/run-controller.ts';
import { conflict } from '../../../../shared/machinery/api-error.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { recordingLog } from '../../../support/silent-log.ts';

function start(reconcile: Reconciler['reconcile'], more: Partial<ControllerDeps> = {}) {
  const clock = new FakeClock();
  const { log, lines } = recordingLog();
  const stop = new AbortController();
  let queue: WorkQueue | undefined;
  const wakeOn = (made: WorkQueue): void => {
    queue = made;
  };
  const reconciler = { name: 'test-controller', wakeOn, reconcile };
  const done = runController(reconciler, { clock, log, ...more }, stop.signal);
  if (queue === undefined) throw new Error('wakeOn was not called');
  return { clock, lines, stop, done, queue };
}

describe('runController', () => {
  test('reconciles each key under its cause, and costs no timer when idle', async () => {
    const seen: unknown[] = [];
    const { queue, clock, stop, done } = start(async (key) => void seen.push([key, currentCause()]));
    withCause(12, () => queue.add('d/a'));
    await settle();
    assert.deepEqual([seen, clock.pending], [[['d/a', 12]], 0]);
    stop.abort();
    await done;
  });

  test('retries a failing key with back-off, logs why, and forgets the back-off after a success', async () => {
    const times: number[] = [];
    const setup = start(async () => {
      times.push(setup.clock.monotonic());
      if (times.length < 4)
        throw times.length === 2 ? conflict({ group: '', plural: 'pods', kind: 'Pod' }, 'a', 'changed') : new Error('boom');
    });
    setup.queue.add('d/a');
    await setup.clock.advance(1_000);
    assert.deepEqual([times, setup.queue.retries('d/a')], [[0, 5, 15, 35], 0]);
    const logged = setup.lines.filter(({ object }) => object === 'd/a').map(({ level, msg, controller }) => [level, msg, controller]);
    const failed = [40, 'reconcile failed, will retry', 'test-controller'];
    assert.deepEqual(logged, [failed, [20, 'reconcile lost a race, will retry', 'test-controller'], failed]);
    setup.stop.abort();
    await setup.done;
  });

  test('looks again after the shortest time that was asked for', async () => {
    const times: number[] = [];
    const setup = start(async (_, { requeueAfter }) => {
      times.push(setup.clock.monotonic());
      if (times.length > 1) return;
      requeueAfter(9_000);
      requeueAfter(3_000);
    });
    setup.queue.add('a');
    await setup.clock.advance(20_000);
    assert.deepEqual(times, [0, 3_000]);
    setup.stop.abort();
    await setup.done;
  });

  test('runs as many workers as told, never two on one key, and waits for them when stopped', async () => {
    let running = 0;
    let most = 0;
    const setup = start(
      async () => {
        most = Math.max(most, ++running);
        await setup.clock.sleep(100, new AbortController().signal);
        running--;
      },
      { workers: 3 },
    );
    for (const key of ['a', 'b', 'c', 'd', 'e']) setup.queue.add(key);
    await settle();
    setup.queue.add('a');
    await setup.clock.advance(50);
    assert.equal(most, 3);
    setup.stop.abort();
    assert.equal(await Promise.race([setup.done.then(() => 'done'), settle().then(() => 'working')]), 'working');
    await setup.clock.advance(100);
    await setup.done;
    assert.equal(running, 0);
  });

  test('reconciles nothing before the caches are synced', async () => {
    let synced: () => void = () => undefined;
    const waitForSync = (): Promise<void> => new Promise((resolve) => (synced = resolve));
    const seen: string[] = [];
    const { queue, stop, done } = start(async (key) => void seen.push(key), { informers: { waitForSync } });
    queue.add('a');
    await settle();
    assert.deepEqual(seen, []);
    synced();
    await settle();
    assert.deepEqual(seen, ['a']);
    stop.abort();
    await done;
  });
});
