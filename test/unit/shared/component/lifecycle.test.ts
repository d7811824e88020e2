import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runTasks, stopped } from '../../../../shared/component/lifecycle.ts';

describe('runTasks', () => {
  test('stops the others when one fails, waits for them, and throws its error', async () => {
    const order: string[] = [];
    const tasks = [
      async (signal: AbortSignal) => {
        await stopped(signal);
        await new Promise((resolve) => setImmediate(resolve));
        order.push('stopped');
        throw new Error('while stopping');
      },
      async () => {
        order.push('failed');
        throw new Error('first');
      },
    ];
    await assert.rejects(runTasks(tasks, new AbortController().signal), /first/);
    assert.deepEqual(order, ['failed', 'stopped']);
  });

  test('settles when all have stopped', async () => {
    const stop = new AbortController();
    const running = runTasks([stopped, stopped, async () => undefined], stop.signal);
    stop.abort();
    await running;
    await runTasks([stopped], stop.signal);
  });
});
