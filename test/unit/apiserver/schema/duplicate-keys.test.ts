import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findDuplicateKeys } from '../../../../apiserver/schema/duplicate-keys.ts';

describe('findDuplicateKeys', () => {
  const cases = [
    { name: 'finds none where there are none', text: '{"a":{"b":1},"c":[{"b":1},{"b":2}]}', want: [] },
    { name: 'names the path', text: '{"spec":{"c":[{"d":1},{"d":1,"d":2}]}}', want: ['duplicate field "spec.c[1].d"'] },
    { name: 'sees through escapes', text: '{"a":1,"\\u0061":2}', want: ['duplicate field "a"'] },
    { name: 'does not take values for keys', text: '{"a":"b","b":"a\\":","c":"{\\"a\\":1}"}', want: [] },
    { name: 'does not mind blanks', text: '{ "a" : 1 ,\n "a" : 2 }', want: ['duplicate field "a"'] },
  ];
  for (const { name, text, want } of cases) test(name, () => assert.deepEqual(findDuplicateKeys(text), want));
});
