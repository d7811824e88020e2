import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NodeAffinity } from '../../../../scheduler/plugins/node-affinity.ts';
import { NodeResourcesFit } from '../../../../scheduler/plugins/node-resources-fit.ts';
import { SchedulingQueue } from '../../../../scheduler/queue/scheduling-queue.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { node, pod } from '../builders.ts';

function queueWith(...pods: ReturnType<typeof pod>[]): { queue: SchedulingQueue; clock: FakeClock } {
  const clock = new FakeClock();
  const queue = new SchedulingQueue(clock);
  for (const p of pods) queue.set(p, true, 7);
  return { queue, clock };
}
const names = (queue: SchedulingQueue): string[] => {
  const found: string[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) found.push(next.pod.uid);
  return found;
};

describe('SchedulingQueue', () => {
  test('gives pods by priority, then age, with their cause', () => {
    const { queue } = queueWith(pod('old'), pod('urgent', { spec: { priority: 10 } }), pod('young'));
    assert.equal(queue.pop()?.cause, 7);
    assert.deepEqual(names(queue), ['old', 'young']);
  });
  test('keeps an unschedulable pod until an event helps it, then until its back-off is over', async () => {
    const { queue, clock } = queueWith(pod('p', { requests: { cpu: '9' } }));
    queue.pop();
    queue.failed('p', new Set([new NodeResourcesFit()]));
    queue.onEvent({ type: 'node-updated', node: node('n'), changed: new Set(['labels']) }, 8);
    assert.deepEqual(queue.sizes, { active: 0, backoff: 0, unschedulable: 1 });
    queue.onEvent({ type: 'node-updated', node: node('n'), changed: new Set(['allocatable']) }, 9);
    assert.deepEqual(queue.sizes, { active: 0, backoff: 1, unschedulable: 0 });
    const work = queue.waitForWork(new AbortController().signal);
    await clock.advance(1_000);
    await work;
    const popped = queue.pop();
    assert.deepEqual([popped?.attempts, popped?.cause], [2, 9]);
  });
  test('an event that comes while the pod is being scheduled is not lost', () => {
    const { queue } = queueWith(pod('p', { spec: { nodeSelector: { a: 'b' } } }));
    queue.pop();
    queue.onEvent({ type: 'node-added', node: node('n', { labels: { a: 'b' } }) }, undefined);
    queue.failed('p', new Set([new NodeAffinity()]));
    assert.deepEqual(queue.sizes, { active: 0, backoff: 1, unschedulable: 0 });
  });
  test('a node that does not match wakes nobody', () => {
    const { queue } = queueWith(pod('p', { spec: { nodeSelector: { a: 'b' } } }));
    queue.pop();
    queue.failed('p', new Set([new NodeAffinity()]));
    queue.onEvent({ type: 'node-added', node: node('n') }, undefined);
    assert.equal(queue.sizes.unschedulable, 1);
  });
  test('an error is retried with growing back-off', async () => {
    const { queue, clock } = queueWith(pod('p'));
    for (const wait of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      assert.equal(queue.pop()?.pod.uid, 'p');
      queue.failed('p');
      await clock.advance(wait - 1);
      assert.equal(queue.pop(), undefined);
      await clock.advance(1);
    }
  });
  test('a pod is tried again after five minutes whatever happens', async () => {
    const { queue, clock } = queueWith(pod('p'));
    queue.pop();
    queue.failed('p', new Set([new NodeAffinity()]));
    const work = queue.waitForWork(new AbortController().signal);
    await clock.advance(5 * 60_000);
    await work;
    assert.equal(queue.pop()?.pod.uid, 'p');
  });
  test('a deleted pod is gone, also while it is being scheduled', () => {
    const { queue } = queueWith(pod('p'), pod('q'));
    queue.pop();
    queue.delete('p');
    queue.failed('p', new Set());
    queue.delete('q');
    assert.deepEqual([names(queue), queue.sizes], [[], { active: 0, backoff: 0, unschedulable: 0 }]);
  });
});
