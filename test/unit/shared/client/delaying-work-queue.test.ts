import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withCause } from '../../../../shared/client/cause.ts';
import { DelayHeap } from '../../../../shared/client/delay-heap.ts';
import { createWorkQueue } from '../../../../shared/client/delaying-work-queue.ts';
import { createMetricsRegistry } from '../../../../shared/component/metrics.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function setUp() {
  const clock = new FakeClock();
  const queue = createWorkQueue({ clock, name: 'test' });
  const take = async (): Promise<string | undefined> => (await queue.next())?.key;
  return { clock, queue, take };
}

describe('WorkQueue', () => {
  test('holds each key once, in the order they came', async () => {
    const { queue, take } = setUp();
    for (const key of ['a', 'b', 'a', 'c']) queue.add(key);
    assert.equal(queue.length, 3);
    assert.deepEqual([await take(), await take(), await take()], ['a', 'b', 'c']);
  });

  test('gives a key that came while at work only after done, once', async () => {
    const { queue, take } = setUp();
    queue.add('a');
    await take();
    queue.add('a');
    queue.add('a');
    assert.equal(queue.length, 0);
    queue.done('a');
    assert.equal(queue.length, 1);
    await take();
    queue.done('a');
    assert.equal(queue.length, 0);
  });

  test('hands keys to waiting workers', async () => {
    const { queue, take } = setUp();
    const workers = [take(), take()];
    queue.add('a');
    queue.add('b');
    assert.deepEqual(await Promise.all(workers), ['a', 'b']);
  });

  test('adds after a delay; of two delays the sooner counts; one timer, none when idle', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('b', 300);
    assert.equal(clock.pending, 1);
    await clock.advance(99);
    assert.equal(queue.length, 0);
    await clock.advance(1);
    assert.equal(queue.length, 1);
    await clock.advance(400);
    assert.deepEqual([queue.length, clock.pending], [2, 0]);
  });

  test('doubles the delay of a failing key until it is forgotten', async () => {
    const { clock, queue } = setUp();
    const delays: (number | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      queue.addRateLimited('a');
      delays.push(clock.nextIn);
      await clock.advance(1_000);
    }
    assert.equal(queue.retries('a'), 4);
    queue.forget('a');
    queue.addRateLimited('a');
    delays.push(clock.nextIn);
    for (let i = 0; i < 40; i++) queue.addRateLimited('b');
    await clock.advance(5);
    queue.addRateLimited('b');
    assert.deepEqual(delays, [5, 10, 20, 40, 5]);
    assert.equal(clock.nextIn, 1_000_000);
  });

  test('remembers the newest cause, also over a delay and while the key is at work', async () => {
    const { clock, queue } = setUp();
    withCause(7, () => queue.add('a'));
    withCause(5, () => queue.add('a'));
    assert.deepEqual(await queue.next(), { key: 'a', cause: 7 });
    withCause(9, () => queue.add('a'));
    queue.done('a');
    assert.deepEqual(await queue.next(), { key: 'a', cause: 9 });
    withCause(9, () => queue.addRateLimited('a'));
    queue.done('a');
    await clock.advance(5);
    assert.deepEqual(await queue.next(), { key: 'a', cause: 9 });
    queue.done('a');
    queue.add('a');
    assert.deepEqual(await queue.next(), { key: 'a', cause: undefined });
  });

  test('sends all workers home when it is shut down, and takes nothing more', async () => {
    const { clock, queue, take } = setUp();
    const waiting = take();
    queue.addAfter('a', 10);
    queue.shutDown();
    queue.add('b');
    assert.deepEqual([await waiting, await take(), clock.pending], [undefined, undefined, 0]);
  });

  test("keeps client-go's metrics", async () => {
    const clock = new FakeClock();
    const metrics = createMetricsRegistry();
    const queue = createWorkQueue({ clock, name: 'deployment', metrics });
    queue.add('a');
    queue.add('b');
    await queue.next();
    await clock.advance(3_000);
    const text = metrics.render();
    for (const line of [
      'workqueue_adds_total{name="deployment"} 2',
      'workqueue_depth{name="deployment"} 1',
      'workqueue_unfinished_work_seconds{name="deployment"} 3',
    ]) {
      assert.ok(text.includes(`${line}\n`), line);
    }
  });
});

test('DelayHeap gives keys in the order they are due', () => {
  const heap = new DelayHeap();
  const times = [50, 10, 40, 20, 30, 10, 5].map((at, i) => ({ key: `k${i}`, at }));
  for (const { key, at } of times) heap.add(key, at);
  heap.add('k0', 15);
  heap.add('k6', 99);
  assert.deepEqual(
    [heap.takeUntil(4), heap.nextAt, heap.takeUntil(20).length, heap.takeUntil(100), heap.nextAt],
    [[], 5, 5, ['k4', 'k2'], undefined],
  );
});
