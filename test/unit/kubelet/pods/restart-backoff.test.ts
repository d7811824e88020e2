import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BackoffEntry, backoffEnd, nextBackoff } from '../../../../kubelet/pods/restart-backoff.ts';

test('restart back-off is 10 s doubling to 5 min for a container that crashes at once', () => {
  const waits: number[] = [];
  let entry: BackoffEntry | undefined;
  let now = 0;
  for (let crash = 0; crash < 8; crash++) {
    const start = backoffEnd(entry, now, now) ?? now;
    waits.push((start - now) / 1000);
    entry = nextBackoff(entry, now, start);
    now = start;
  }
  assert.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test('restart back-off begins anew after ten minutes of running', () => {
  const entry = { delayMs: 300_000, updatedAt: 0 };
  assert.equal(backoffEnd(entry, 600_001, 600_001), undefined);
  assert.deepEqual(nextBackoff(entry, 600_001, 600_001), { delayMs: 10_000, updatedAt: 600_001 });
});
