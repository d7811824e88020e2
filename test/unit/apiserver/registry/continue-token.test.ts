import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeContinue, encodeContinue } from '../../../../apiserver/registry/continue-token.ts';

describe('continue tokens', () => {
  test('come back as they went out', () => {
    const point = { path: 'default/a', revision: 12 };
    assert.deepEqual(decodeContinue(encodeContinue(point)), point);
  });

  const token = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64url');
  const bad = [
    { name: 'no base64', text: '%%%' },
    { name: 'no JSON', text: Buffer.from('x').toString('base64url') },
    { name: 'another version', text: token({ v: 'v2', rv: 1, start: 'a' }) },
    { name: 'no revision', text: token({ v: 'meta.k8s.io/v1', start: 'a' }) },
    { name: 'no start', text: token({ v: 'meta.k8s.io/v1', rv: 1 }) },
    { name: 'a way out of the resource', text: token({ v: 'meta.k8s.io/v1', rv: 1, start: '../secrets' }) },
  ];
  for (const { name, text } of bad) test(`are refused with ${name}`, () => assert.throws(() => decodeContinue(text), { code: 400 }));
});
