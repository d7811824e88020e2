import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  assertKey,
  compareKeys,
  decodeRevision,
  encodeRevision,
  inRange,
  parseVersionKey,
  prefixEnd,
  tombstoneKey,
  versionBounds,
  versionKey,
} from '../../../../apiserver/storage/key-encoding.ts';

const revision = fc.maxSafeNat();
const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }).filter((text) => !text.includes('\0'));
const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** A key, or just behind one. */
const bound = fc.oneof(
  key,
  key.map((text) => `${text}\0`),
);

describe('key encoding', () => {
  test('revisions sort as numbers and come back', () => {
    fc.assert(
      fc.property(revision, revision, (a, b) => {
        assert.equal(Math.sign(compareBytes(encodeRevision(a), encodeRevision(b))), Math.sign(a - b));
        assert.equal(decodeRevision(encodeRevision(a)), a);
      }),
    );
  });

  test('versions sort by key, then by revision, and come back', () => {
    fc.assert(
      fc.property(key, key, revision, revision, (a, b, m, n) => {
        const want = compareBytes(a, b) || m - n;
        assert.equal(Math.sign(compareBytes(versionKey(a, m), versionKey(b, n))), Math.sign(want));
        assert.deepEqual(parseVersionKey(versionKey(a, m)), { key: a, revision: m, deleted: false });
        assert.deepEqual(parseVersionKey(tombstoneKey(a, m)), { key: a, revision: m, deleted: true });
      }),
    );
  });

  test('keys compare as their bytes', () => {
    fc.assert(fc.property(key, key, (a, b) => assert.equal(Math.sign(compareKeys(a, b)), Math.sign(compareBytes(a, b)))));
  });

  test('the bounds of a range hold the versions of exactly its keys', () => {
    fc.assert(
      fc.property(bound, fc.option(bound, { nil: undefined }), key, revision, (start, end, one, at) => {
        const range = end === undefined ? { start } : { start, end };
        const { gte, lt } = versionBounds(range);
        const stored = versionKey(one, at);
        assert.equal(compareBytes(stored, gte) >= 0 && compareBytes(stored, lt) < 0, inRange(range, one));
      }),
    );
  });

  const prefixes: [string, string, boolean][] = [
    ['/pods/', '/pods/a', true],
    ['/pods/', '/pods/', true],
    ['/pods/', '/pods', false],
    ['/pods/', '/pods0', false],
    ['/pods/', '/podsx', false],
  ];
  for (const [prefix, one, want] of prefixes) {
    test(`${one} ${want ? 'has' : 'has not'} the prefix ${prefix}`, () =>
      assert.equal(inRange({ start: prefix, end: prefixEnd(prefix) }, one), want));
  }

  for (const bad of ['', '\0', 'a\0b', '\ud800', 'a\udc00b']) {
    test(`refuses the key ${JSON.stringify(bad)}`, () => assert.throws(() => assertKey(bad), RangeError));
  }
  test('takes any other key', () => fc.assert(fc.property(key, assertKey)));
});
