import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { arrayEnd } from '../../../../apiserver/storage/array-end.ts';

describe('arrayEnd', () => {
  test('finds the end of every array, whatever follows', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (array, more) => {
        const [text, rest] = [JSON.stringify(array), JSON.stringify(more)];
        const json = Buffer.from(`{"a":${text},"b":${rest}}`);
        assert.equal(json.toString('utf8', 5, arrayEnd(json, 5)), text);
      }),
    );
  });
  test('is not misled by brackets and quotes in strings', () => {
    const json = Buffer.from('["]","\\"]","\\\\"],[]');
    assert.equal(arrayEnd(json, 0), json.length - 3);
  });
});
