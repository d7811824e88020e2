import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Failure, retryAfterMs, retryDelay, transportFailure } from '../../../../shared/client/retry.ts';

const refused: Failure = { transport: new Error('refused'), arrived: false };
const broken: Failure = { transport: new Error('reset'), arrived: true };
const answered = (code: number, afterMs?: number): Failure => ({ code, retryAfterMs: afterMs });

describe('retryDelay', () => {
  const cases: { name: string; failure: Failure; attempts?: number; elapsedMs?: number; repeatable?: boolean; want: number | undefined }[] =
    [
      { name: 'tries a refused connection again soon, a create too', failure: refused, want: 5 },
      { name: 'waits at most 50 ms in the first seconds', failure: refused, attempts: 30, elapsedMs: 4_000, want: 50 },
      { name: 'waits longer for a server that stays away', failure: refused, attempts: 99, elapsedMs: 5_000, want: 1_000 },
      { name: 'gives up on a refused connection after 30 s', failure: refused, attempts: 99, elapsedMs: 30_000, want: undefined },
      { name: 'repeats a broken read', failure: broken, repeatable: true, want: 10 },
      { name: 'does not repeat a create that may have arrived', failure: broken, want: undefined },
      { name: 'gives up after ten retries', failure: broken, attempts: 11, repeatable: true, want: undefined },
      { name: 'waits as long as the server says', failure: answered(429, 3_000), want: 3_000 },
      { name: 'honours Retry-After of any 5xx', failure: answered(500, 1_000), want: 1_000 },
      { name: 'repeats a read on 503', failure: answered(503), repeatable: true, want: 50 },
      { name: 'leaves a refused eviction to its caller', failure: answered(429), want: undefined },
      { name: 'does not repeat what was answered', failure: answered(404), repeatable: true, want: undefined },
      { name: 'does not repeat a 500', failure: answered(500), repeatable: true, want: undefined },
    ];
  for (const { name, failure, attempts = 1, elapsedMs = 0, repeatable = false, want } of cases) {
    test(name, () => assert.equal(retryDelay(failure, { attempts, elapsedMs, repeatable, random: () => 1 }), want));
  }
});

test('transportFailure tells what never arrived from what may have, and leaves out what no retry mends', () => {
  const error = (code: string): Error => Object.assign(new Error(code), { code });
  const arrived = (code: string): boolean | undefined => {
    const failure = transportFailure(error(code));
    return failure !== undefined && 'arrived' in failure ? failure.arrived : undefined;
  };
  assert.deepEqual(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'UND_ERR_SOCKET', 'CERT_HAS_EXPIRED'].map(arrived), [
    false,
    false,
    true,
    true,
    undefined,
  ]);
});

test('retryAfterMs reads seconds and dates', () => {
  const now = Date.UTC(2024, 0, 1);
  assert.deepEqual(
    ['2', '0', 'Mon, 01 Jan 2024 00:00:05 GMT', undefined, 'soon'].map((header) => retryAfterMs(header, now)),
    [2_000, undefined, 5_000, undefined, undefined],
  );
});
