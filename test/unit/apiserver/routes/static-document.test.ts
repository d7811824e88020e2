import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fastify from 'fastify';
import { StaticDocument } from '../../../../apiserver/routes/static-document.ts';

async function ask(content: string, headers: Record<string, string> = {}) {
  const document = new StaticDocument(content);
  const app = fastify();
  app.get('/', async (request, reply) => document.send(request, reply, 'application/json'));
  const answer = await app.inject({ url: '/', headers });
  await app.close();
  return answer;
}

describe('StaticDocument', () => {
  test('keeps the content type as it is', async () => assert.equal((await ask('{}')).headers['content-type'], 'application/json'));
  test('compresses what is large, for those who can read it', async () => {
    const large = JSON.stringify('x'.repeat(200_000));
    const { headers, rawPayload } = await ask(large, { 'accept-encoding': 'gzip, br' });
    assert.equal(headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(rawPayload).toString(), large);
    assert.equal((await ask(large)).headers['content-encoding'], undefined);
    assert.equal((await ask('{}', { 'accept-encoding': 'gzip' })).headers['content-encoding'], undefined);
  });
  test('is not sent again to those who have it', async () => {
    const { headers } = await ask('{}');
    const tag = String(headers.etag);
    assert.equal((await ask('{}', { 'if-none-match': `"other", W/${tag}` })).statusCode, 304);
    assert.equal((await ask('{"a":1}', { 'if-none-match': tag })).statusCode, 200);
  });
});
