import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { humanDuration, since } from '../../../../../apiserver/encoding/tables/human-duration.ts';

const [s, m, h, d] = [1000, 60_000, 3_600_000, 86_400_000];

describe('humanDuration', () => {
  const cases: [ms: number, want: string][] = [
    [-2 * s, '<invalid>'],
    [-1 * s, '0s'],
    [0, '0s'],
    [999, '0s'],
    [119 * s, '119s'],
    [2 * m, '2m'],
    [2 * m + 1 * s, '2m1s'],
    [10 * m + 1 * s, '10m'],
    [179 * m, '179m'],
    [3 * h, '3h'],
    [3 * h + 1 * m, '3h1m'],
    [8 * h + 5 * m, '8h'],
    [47 * h, '47h'],
    [48 * h, '2d'],
    [49 * h, '2d1h'],
    [8 * d + 1 * h, '8d'],
    [729 * d, '729d'],
    [730 * d, '2y'],
    [731 * d, '2y1d'],
    [3000 * d, '8y'],
  ];
  for (const [ms, want] of cases) test(`writes ${ms} ms as ${want}`, () => assert.equal(humanDuration(ms), want));
  test('does not know the age of what has no time', () => assert.equal(since(undefined, 0), '<unknown>'));
});
