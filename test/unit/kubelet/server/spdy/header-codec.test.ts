import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HeaderCodec } from '../../../../../kubelet/server/spdy/header-codec.ts';

describe('HeaderCodec', () => {
  test('begins with the dictionary that every SPDY/3 peer has', async () => {
    const codec = new HeaderCodec();
    // zlib's head: best compression, and the dictionary's Adler-32.
    assert.equal((await codec.encode({})).subarray(0, 6).toString('hex'), '78bbe3c6a7c2');
    codec.close();
  });

  test('reads block after block', async () => {
    const [sender, receiver] = [new HeaderCodec(), new HeaderCodec()];
    for (const headers of [{ streamtype: 'stdin' }, {}, { streamtype: 'data', port: '80', requestid: '7' }, { long: 'x'.repeat(20_000) }]) {
      assert.deepEqual(Object.fromEntries(await receiver.decode(await sender.encode(headers))), headers);
    }
    sender.close();
    receiver.close();
  });

  test('refuses what is no block of headers, and blocks without end', async () => {
    const codec = new HeaderCodec();
    await assert.rejects(codec.decode(Buffer.from('not compressed')));
    const [sender, receiver] = [new HeaderCodec(), new HeaderCodec()];
    const bomb = await sender.encode({ a: 'x'.repeat(60_000), b: 'x'.repeat(60_000) }).catch(() => undefined);
    assert.ok(bomb !== undefined && bomb.length < 1_000);
    await assert.rejects(receiver.decode(bomb), /headers are too long/);
    for (const open of [codec, sender, receiver]) open.close();
  });
});
