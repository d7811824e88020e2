import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { applyMergePatch } from '../../../../../shared/machinery/patch/merge-patch.ts';

describe('applyMergePatch', () => {
  // The examples of RFC 7386, appendix A.
  const cases: { document: unknown; patch: unknown; want: unknown }[] = [
    { document: { a: 'b' }, patch: { a: 'c' }, want: { a: 'c' } },
    { document: { a: 'b' }, patch: { b: 'c' }, want: { a: 'b', b: 'c' } },
    { document: { a: 'b' }, patch: { a: null }, want: {} },
    { document: { a: 'b', b: 'c' }, patch: { a: null }, want: { b: 'c' } },
    { document: { a: ['b'] }, patch: { a: 'c' }, want: { a: 'c' } },
    { document: { a: 'c' }, patch: { a: ['b'] }, want: { a: ['b'] } },
    { document: { a: { b: 'c' } }, patch: { a: { b: 'd', c: null } }, want: { a: { b: 'd' } } },
    { document: { a: [{ b: 'c' }] }, patch: { a: [1] }, want: { a: [1] } },
    { document: ['a', 'b'], patch: ['c', 'd'], want: ['c', 'd'] },
    { document: { a: 'b' }, patch: ['c'], want: ['c'] },
    { document: { a: 'foo' }, patch: null, want: null },
    { document: { e: null }, patch: { a: 1 }, want: { e: null, a: 1 } },
    { document: [1, 2], patch: { a: 'b', c: null }, want: { a: 'b' } },
    { document: {}, patch: { a: { bb: { ccc: null } } }, want: { a: { bb: {} } } },
  ];
  for (const { document, patch, want } of cases) {
    test(`of ${JSON.stringify(patch)} on ${JSON.stringify(document)}`, () => assert.deepEqual(applyMergePatch(document, patch), want));
  }

  test('does not reach prototypes', () => {
    const merged = applyMergePatch({}, JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'));
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.equal(JSON.stringify(merged), '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
  });

  test('is idempotent and leaves its arguments alone', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (document, patch) => {
        const before = JSON.stringify([document, patch]);
        const once = applyMergePatch(document, patch);
        assert.equal(JSON.stringify(applyMergePatch(once, patch)), JSON.stringify(once));
        assert.equal(JSON.stringify([document, patch]), before);
      }),
      { numRuns: 200 },
    );
  });
});
