import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Change, isStorageError } from '../../../../apiserver/storage/backend.ts';
import {
  ByteWriter,
  decodeIndexEntry,
  decodeRecord,
  decodeText,
  decodeValue,
  encodeIndexEntry,
  encodeRecord,
  encodeText,
  encodeValue,
} from '../../../../apiserver/storage/record-codec.ts';

const writer = new ByteWriter();
const number = fc.maxSafeNat();
const text = fc.string({ unit: 'binary', maxLength: 20 });
/** [create, mod] of a version before `revision`. */
const versionBefore = (revision: number): fc.Arbitrary<{ createRevision: number; modRevision: number }> =>
  fc
    .nat({ max: revision - 1 })
    .chain((modRevision) => fc.nat({ max: modRevision }).map((createRevision) => ({ createRevision, modRevision })));

describe('record codec', () => {
  test('values come back', () => {
    fc.assert(
      fc.property(number, fc.uint8Array({ maxLength: 9000 }), (createRevision, value) => {
        const decoded = decodeValue(Buffer.from(encodeValue(writer, createRevision, value)), '/a');
        assert.deepEqual({ ...decoded, value: [...decoded.value] }, { createRevision, value: [...value] });
      }),
    );
  });

  test('index entries and texts come back', () => {
    fc.assert(
      fc.property(number, number, text, text, (a, b, key, lease) => {
        const entry = { createRevision: Math.min(a, b), modRevision: Math.max(a, b), leaseId: lease === '' ? undefined : lease };
        assert.deepEqual(decodeIndexEntry(encodeIndexEntry(writer, key, entry), key), entry);
        assert.equal(decodeText(encodeText(writer, key), 'text'), key);
      }),
    );
  });

  test('revision records come back', () => {
    const record = fc.integer({ min: 2, max: 2 ** 40 }).chain((revision) =>
      fc.record({
        header: fc.record({
          revision: fc.constant(revision),
          at: number,
          totalBytes: number,
          liveKeys: number,
          actor: fc.record({ user: text, component: fc.string({ minLength: 1 }) }, { requiredKeys: ['user'], noNullPrototype: true }),
        }),
        cause: fc.option(fc.nat({ max: revision }), { nil: undefined }),
        keys: fc.array(fc.tuple(text, fc.boolean(), fc.option(versionBefore(revision), { nil: undefined })), { maxLength: 4 }),
      }),
    );
    fc.assert(
      fc.property(record, ({ header, cause, keys }) => {
        const { revision } = header;
        const changes = keys.map(([key, put, previous]): Change => {
          const old = previous ?? { createRevision: 1, modRevision: 1 };
          if (!put) return { type: 'delete', key, previous: old };
          const createRevision = previous?.createRevision ?? revision;
          const entry = { key, value: Buffer.alloc(0), createRevision, modRevision: revision };
          return previous === undefined ? { type: 'put', entry } : { type: 'put', entry, previous };
        });
        const written = cause === undefined ? header : { ...header, cause };
        assert.deepEqual(decodeRecord(encodeRecord(writer, written, changes), revision), {
          ...written,
          changes: changes.map((change) => ({
            key: change.type === 'put' ? change.entry.key : change.key,
            type: change.type,
            createRevision: change.type === 'put' ? change.entry.createRevision : revision,
            previous: change.previous,
          })),
        });
      }),
    );
  });

  test('a flipped bit is noticed, wherever it is', () => {
    const bytes = Buffer.from(encodeValue(writer, 7, Buffer.from('{"kind":"Pod"}')));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(
        () => decodeValue(damaged, '/a'),
        (error) => isStorageError(error, 'CORRUPT'),
      );
    }
  });

  test('an entry under the wrong key is noticed', () => {
    const bytes = encodeIndexEntry(writer, '/a', { createRevision: 1, modRevision: 1, leaseId: undefined });
    assert.throws(
      () => decodeIndexEntry(bytes, '/b'),
      (error) => isStorageError(error, 'CORRUPT'),
    );
  });
});
