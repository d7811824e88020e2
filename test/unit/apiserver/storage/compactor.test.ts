import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Compactor, findCompactionTarget } from '../../../../apiserver/storage/compactor.ts';
import { MemoryBackend } from '../../../../apiserver/storage/memory-backend.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { silentLog } from '../../../support/silent-log.ts';

const MINUTE = 60_000;

/** Ten revisions of 100 bytes, one a minute; the clock then stands at the last. */
async function tenRevisions(clock: FakeClock): Promise<MemoryBackend> {
  const backend = new MemoryBackend({ clock, clusterId: 'test' });
  for (let i = 0; i < 10; i++) {
    if (i > 0) await clock.advance(MINUTE);
    await backend.txn([], [{ put: '/a', value: Buffer.alloc(98) }]);
  }
  return backend;
}

describe('findCompactionTarget', () => {
  const all = { maxAgeMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
  const cases = [
    { name: 'keeps all without limits', window: all, want: 0 },
    { name: 'keeps the state at the beginning of the window', window: { ...all, maxAgeMs: 3 * MINUTE }, want: 7 },
    { name: 'keeps it where nothing was written just then', window: { ...all, maxAgeMs: 3.5 * MINUTE }, want: 6 },
    { name: 'goes by size', window: { ...all, maxBytes: 450 }, want: 5 },
    { name: 'goes by the narrower limit', window: { maxAgeMs: 2 * MINUTE, maxBytes: 450 }, want: 8 },
    { name: 'keeps the newest revision', window: { maxAgeMs: 0, maxBytes: 0 }, want: 10 },
  ];
  for (const { name, window, want } of cases) {
    test(name, async () => {
      const clock = new FakeClock();
      const backend = await tenRevisions(clock);
      assert.equal(await findCompactionTarget(backend, window, clock.now()), want);
      await backend.compact(2);
      assert.equal(await findCompactionTarget(backend, window, clock.now()), Math.max(want, 2));
    });
  }
});

test('Compactor compacts as time goes by, and stops with its signal', async () => {
  const clock = new FakeClock();
  const backend = await tenRevisions(clock);
  const stop = new AbortController();
  const running = new Compactor({ backend, clock, log: silentLog, window: { maxAgeMs: 7 * MINUTE, maxBytes: 1e9 } }).run(stop.signal);
  await settle();
  assert.equal(backend.compactedRevision(), 3);
  await clock.advance(5 * MINUTE);
  assert.equal(backend.compactedRevision(), 8);
  await clock.advance(60 * MINUTE);
  assert.equal(backend.compactedRevision(), 10);
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
});
