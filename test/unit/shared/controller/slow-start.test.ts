import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slowStart } from '../../../../shared/controller/slow-start.ts';

describe('slowStart', () => {
  const cases = [
    { name: 'does nothing for none', count: 0, failAt: -1, want: { started: 0, succeeded: 0 } },
    { name: 'starts all when all succeed', count: 10, failAt: -1, want: { started: 10, succeeded: 10 } },
    { name: 'stops after the first when that fails', count: 10, failAt: 0, want: { started: 1, succeeded: 0 } },
    { name: 'ends the batch in which one failed', count: 10, failAt: 4, want: { started: 7, succeeded: 6 } },
  ];
  for (const { name, count, failAt, want } of cases) {
    test(name, async () => {
      let started = 0;
      const { succeeded, error } = await slowStart(count, async (index) => {
        started++;
        if (index === failAt) throw new Error('refused');
      });
      assert.deepEqual({ started, succeeded }, want);
      assert.equal(error instanceof Error, failAt >= 0);
    });
  }
});
