import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseTokenFile } from '../../../../apiserver/auth/token-file.ts';

describe('parseTokenFile', () => {
  test('reads users and their groups', () => {
    assert.deepEqual(Object.fromEntries(parseTokenFile('t1,jane,1,"a,b"\n\nt2,"joe, junior",2\n')), {
      t1: { name: 'jane', uid: '1', groups: ['a', 'b', 'system:authenticated'] },
      t2: { name: 'joe, junior', uid: '2', groups: ['system:authenticated'] },
    });
  });
  test('names the line that is wrong', () => assert.throws(() => parseTokenFile('a,b,c\nd,e\n'), /^Error: line 2 of the token file/));
});
