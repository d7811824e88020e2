import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../../../../../shared/machinery/api-error.ts';
import { applyJsonPatch } from '../../../../../shared/machinery/patch/json-patch.ts';

describe('applyJsonPatch', () => {
  const applied = [
    { name: 'adds a key', document: { a: 1 }, patch: [{ op: 'add', path: '/b', value: 2 }], want: { a: 1, b: 2 } },
    { name: 'inserts into a list', document: { a: [1, 3] }, patch: [{ op: 'add', path: '/a/1', value: 2 }], want: { a: [1, 2, 3] } },
    { name: 'appends with -', document: { a: [1] }, patch: [{ op: 'add', path: '/a/-', value: 2 }], want: { a: [1, 2] } },
    { name: 'adds at the end by index', document: { a: [1] }, patch: [{ op: 'add', path: '/a/1', value: 2 }], want: { a: [1, 2] } },
    { name: 'removes', document: { a: [1, 2] }, patch: [{ op: 'remove', path: '/a/0' }], want: { a: [2] } },
    { name: 'replaces', document: { a: 1 }, patch: [{ op: 'replace', path: '/a', value: null }], want: { a: null } },
    { name: 'replaces the whole', document: { a: 1 }, patch: [{ op: 'replace', path: '', value: { b: 1 } }], want: { b: 1 } },
    { name: 'moves', document: { a: { b: 1 }, c: [] }, patch: [{ op: 'move', from: '/a/b', path: '/c/0' }], want: { a: {}, c: [1] } },
    { name: 'copies', document: { a: { b: 1 } }, patch: [{ op: 'copy', from: '/a', path: '/c' }], want: { a: { b: 1 }, c: { b: 1 } } },
    {
      name: 'unescapes ~1 and ~0',
      document: { 'a/b': 1, 'c~d': 2 },
      patch: [
        { op: 'remove', path: '/a~1b' },
        { op: 'remove', path: '/c~0d' },
      ],
      want: {},
    },
    {
      name: 'tests whatever the order of keys',
      document: { a: { x: 1, y: [2] } },
      patch: [{ op: 'test', path: '/a', value: { y: [2], x: 1 } }],
      want: { a: { x: 1, y: [2] } },
    },
  ];
  for (const { name, document, patch, want } of applied) {
    test(name, () => {
      const before = structuredClone(document);
      assert.deepEqual(applyJsonPatch(document, patch), want);
      assert.deepEqual(document, before);
    });
  }

  const refused = [
    { name: 'an index beyond the end', patch: [{ op: 'add', path: '/list/3', value: 1 }] },
    { name: 'a negative index', patch: [{ op: 'remove', path: '/list/-1' }] },
    { name: 'an index with a leading zero', patch: [{ op: 'remove', path: '/list/00' }] },
    { name: 'a missing key to remove', patch: [{ op: 'remove', path: '/none' }] },
    { name: 'a missing key to replace', patch: [{ op: 'replace', path: '/none', value: 1 }] },
    { name: 'a missing parent', patch: [{ op: 'add', path: '/none/a', value: 1 }] },
    { name: 'a parent that is a string', patch: [{ op: 'add', path: '/text/a', value: 1 }] },
    { name: 'a failed test', patch: [{ op: 'test', path: '/text', value: 'y' }] },
    { name: 'a path without slash', patch: [{ op: 'remove', path: 'text' }] },
    { name: 'an unknown operation', patch: [{ op: 'spam', path: '/text' }] },
    { name: 'an operation without value', patch: [{ op: 'add', path: '/new' }] },
    { name: '__proto__', patch: [{ op: 'add', path: '/__proto__/polluted', value: 1 }] },
    { name: 'inherited properties', patch: [{ op: 'add', path: '/constructor/x', value: 1 }] },
    { name: 'a move into itself', patch: [{ op: 'move', from: '/object', path: '/object/a' }] },
  ];
  for (const { name, patch } of refused) {
    test(`refuses ${name} with 422`, () => {
      assert.throws(
        () => applyJsonPatch({ list: [1, 2], text: 'x', object: {} }, patch),
        (error: unknown) => {
          assert.ok(error instanceof ApiError);
          assert.equal(error.code, 422);
          assert.equal(error.reason, 'Invalid');
          assert.equal(error.message, 'the server rejected our request due to an error in our request');
          return true;
        },
      );
    });
  }

  test('answers 400 for what is no list, and 413 for too many operations', () => {
    assert.throws(() => applyJsonPatch({}, { op: 'add' }), {
      message: 'json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    });
    const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: {} }));
    assert.throws(() => applyJsonPatch({}, many), { message: 'The allowed maximum operations in a JSON patch is 10000, got 10001' });
  });

  test('stops copies that double the document', () => {
    const patch = Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '', path: `/x${i}` }));
    assert.throws(() => applyJsonPatch({ a: 1 }, patch), ApiError);
  });

  test('never changes the document and throws nothing but ApiError', () => {
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path: fc.constantFrom('', '/a', '/a/0', '/a/-', '/b/c', '/__proto__'),
      from: fc.constantFrom('', '/a', '/b'),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(operation, { maxLength: 5 }), (document, patch) => {
        const before = JSON.stringify(document);
        try {
          applyJsonPatch(document, patch);
        } catch (error) {
          assert.ok(error instanceof ApiError);
        }
        assert.equal(JSON.stringify(document), before);
        assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
      }),
      { numRuns: 300 },
    );
  });
});
