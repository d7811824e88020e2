import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  isQuantity,
  quantityMilli,
  quantityValue,
  subtractQuantities,
} from '../../../../shared/machinery/quantity.ts';

describe('canonicalQuantity', () => {
  const cases: [string, string][] = [
    ['0', '0'],
    ['0.5', '500m'],
    ['1.0', '1'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['100Ki', '100Ki'],
    ['1000Ki', '1000Ki'],
    ['0.5Ki', '512'],
    ['1000', '1k'],
    ['1500', '1500'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['12345e2', '1234500'],
    ['.5', '500m'],
    ['-1500m', '-1500m'],
    ['+1', '1'],
    ['1n', '1n'],
    ['0.0000000001', '1n'],
    ['1E', '1E'],
    ['100000000000000000000', '9223372036854775807'],
  ];
  for (const [input, want] of cases) test(`${input} is ${want}`, () => assert.equal(canonicalQuantity(input), want));
  test('is a fixed point', () => {
    const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'u', 'n', 'e2', 'E-1');
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), fc.integer({ min: 0, max: 999 }), suffix, (whole, part, unit) => {
        const once = canonicalQuantity(`${whole}.${part}${unit}`);
        assert.equal(canonicalQuantity(once), once);
        assert.equal(compareQuantities(once, `${whole}.${part}${unit}`), 0);
      }),
    );
  });
});

describe('isQuantity', () => {
  for (const text of ['', 'abc', '1.2.3', '1mi', '1 Gi', '--1', 'Ki', '1e', '0x10', '1Kib'])
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(isQuantity(text), false));
});

describe('units', () => {
  test('round up', () =>
    assert.deepEqual([quantityValue('1m'), quantityMilli('1u'), quantityMilli('1.5'), quantityValue('1Gi')], [1, 1, 1500, 2 ** 30]));
  test('add and subtract in the first format', () =>
    assert.deepEqual(
      [addQuantities('1Gi', '1024Mi'), subtractQuantities('2', '500m'), addQuantities('0', '1Mi'), subtractQuantities('1', '2')],
      ['2Gi', '1500m', '1Mi', '-1'],
    ));
});
