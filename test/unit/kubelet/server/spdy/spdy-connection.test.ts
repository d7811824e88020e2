import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { HeaderCodec } from '../../../../../kubelet/server/spdy/header-codec.ts';
import { SpdyConnection, type SpdyStream } from '../../../../../kubelet/server/spdy/spdy-connection.ts';

const FIN = 1;
const CONTROL = 0x80030000;

/** Two ends of a TCP connection. */
async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [client, accepted];
}

function frame(first: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(first >>> 0);
  head.writeUInt32BE(((flags << 24) | body.length) >>> 0, 4);
  return Buffer.concat([head, body]);
}

describe('SpdyConnection', { timeout: 20_000 }, () => {
  let client: Socket;
  let incoming: AsyncIterator<Buffer>;
  let data: Buffer;
  let connection: SpdyConnection;
  let ended: Promise<void>;
  let codec: HeaderCodec;
  let streams: SpdyStream[];
  beforeEach(async () => {
    let server: Socket;
    [client, server] = await socketPair();
    incoming = client[Symbol.asyncIterator]();
    data = Buffer.alloc(0);
    connection = new SpdyConnection(server);
    codec = new HeaderCodec();
    streams = [];
    ended = connection.run((stream) => streams.push(stream));
  });
  afterEach(async () => {
    client.destroy();
    await ended;
    codec.close();
  });

  const open = async (id: number, headers: Record<string, string>, flags = 0): Promise<Buffer> => {
    const body = Buffer.alloc(10);
    body.writeUInt32BE(id);
    return frame(CONTROL | 1, flags, Buffer.concat([body, await codec.encode(headers)]));
  };
  /** The next frames that the server sends, taken apart. */
  const received = async (count: number): Promise<{ first: number; flags: number; body: Buffer }[]> => {
    const frames = [];
    while (frames.length < count) {
      const length = data.length < 8 ? Number.POSITIVE_INFINITY : data.readUInt32BE(4) & 0xffffff;
      if (data.length < 8 + length) {
        const { value } = (await incoming.next()) as { value: Buffer };
        data = Buffer.concat([data, value]);
      } else {
        frames.push({ first: data.readUInt32BE(), flags: data[4] ?? 0, body: data.subarray(8, 8 + length) });
        data = data.subarray(8 + length);
      }
    }
    return frames;
  };

  test('opens streams and carries both directions, however the bytes are cut', async () => {
    const bytes = Buffer.concat([
      await open(1, { streamType: 'stdin' }),
      frame(1, 0, Buffer.from('hel')),
      frame(1, FIN, Buffer.from('lo')),
    ]);
    for (const byte of bytes) client.write(Buffer.of(byte));
    const [reply] = await received(1);
    assert.equal(reply?.first, (CONTROL | 2) >>> 0);
    const [stream] = streams;
    assert.ok(stream);
    assert.equal(stream.headers.get('streamtype'), 'stdin');
    let heard = '';
    stream.on('data', (chunk) => {
      heard += String(chunk);
    });
    await once(stream, 'end');
    assert.equal(heard, 'hello');
    stream.end('answer');
    const frames = await received(2);
    assert.deepEqual(
      frames.map(({ first, flags, body }) => [first, flags, String(body)]),
      [
        [1, 0, 'answer'],
        [1, FIN, ''],
      ],
    );
  });

  test('answers pings', async () => {
    client.write(frame(CONTROL | 6, 0, Buffer.of(0, 0, 0, 9)));
    assert.deepEqual(await received(1), [{ first: (CONTROL | 6) >>> 0, flags: 0, body: Buffer.of(0, 0, 0, 9) }]);
  });

  test('resets a stream that is destroyed', async () => {
    client.write(await open(3, {}));
    await received(1);
    streams[0]?.destroy();
    const [reset] = await received(1);
    assert.deepEqual(reset, { first: (CONTROL | 3) >>> 0, flags: 0, body: Buffer.of(0, 0, 0, 3, 0, 0, 0, 5) });
  });

  const broken: { name: string; bytes: Buffer }[] = [
    { name: 'a frame that is too long', bytes: frame(CONTROL | 1, 0, Buffer.alloc(0)).fill(0xff, 5) },
    { name: 'headers that are not compressed', bytes: frame(CONTROL | 1, 0, Buffer.alloc(40, 'x')) },
    { name: 'a short frame', bytes: frame(CONTROL | 1, 0, Buffer.of(1)) },
    { name: 'another protocol', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(3)) },
  ];
  for (const { name, bytes } of broken) {
    test(`ends at ${name}`, async () => {
      client.on('error', () => undefined);
      client.write(bytes);
      client.end();
      await ended;
      assert.equal(connection.closed.aborted, true);
    });
  }

  test('ends its streams when the client leaves', async () => {
    client.write(await open(1, {}));
    await received(1);
    client.destroy();
    await ended;
    assert.equal(streams[0]?.destroyed, true);
  });
});
