import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { HeaderCodec } from './header-codec.ts';

/** Control frames. Source: SPDY protocol draft 3.1, section 2.6. */
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GO_AWAY = 7;
const HEADERS = 8;
const FIN = 1;
const CANCEL = 5;

const HEAD_BYTES = 8;
/** A longer frame ends the connection, bytes. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const SEND_BYTES = 32 * 1024;

/** One stream that the client opened: it reads what the client sends; ending it tells the client that no more comes. */
export class SpdyStream extends Duplex {
  readonly headers: ReadonlyMap<string, string>;
  readonly #send: (data: Buffer, fin: boolean) => Promise<void>;
  #wanted: () => void = () => undefined;

  constructor(headers: ReadonlyMap<string, string>, send: (data: Buffer, fin: boolean) => Promise<void>) {
    super({ allowHalfOpen: true });
    this.headers = headers;
    this.#send = send;
  }

  /** Takes what arrived; resolves once more is wanted. */
  async receive(data: Buffer): Promise<void> {
    if (this.destroyed || this.readableEnded || data.length === 0 || this.push(data)) return;
    await new Promise<void>((resolve) => {
      this.#wanted = resolve;
    });
  }

  override _read(): void {
    this.#wanted();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, false).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#send(Buffer.alloc(0), true).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#wanted();
    done(error);
  }
}

/**
 * The server's side of SPDY/3.1 as Kubernetes' clients speak it: they open all streams, and neither side does flow control, so a stream that
 * is not read holds up the others.
 */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #codec = new HeaderCodec();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #closed = new AbortController();
  #sending: Promise<unknown> = Promise.resolve();

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  /** Aborts when the client is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Serves the connection until it ends; each stream that the client opens goes to `onStream`. Never rejects. */
  async run(onStream: (stream: SpdyStream) => void): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        while (rest.length >= HEAD_BYTES) {
          const length = rest.readUInt32BE(4) & 0xffffff;
          if (length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length} bytes is too long`);
          if (rest.length < HEAD_BYTES + length) break;
          await this.#frame(rest.readUInt32BE(0), rest[4] ?? 0, rest.subarray(HEAD_BYTES, HEAD_BYTES + length), onStream);
          rest = rest.subarray(HEAD_BYTES + length);
        }
      }
    } catch {
      this.#socket.destroy(); // broken, or not SPDY
    }
    this.#end();
  }

  /** Ends the connection once all that was written has left. */
  async close(): Promise<void> {
    await this.#control(GO_AWAY, 0, Buffer.alloc(8)).catch(() => undefined);
    this.#socket.end();
  }

  async #frame(first: number, flags: number, body: Buffer, onStream: (stream: SpdyStream) => void): Promise<void> {
    const isControl = first >>> 31 === 1;
    if (!isControl) {
      const stream = this.#streams.get(first & 0x7fffffff);
      await stream?.receive(Buffer.from(body));
      if ((flags & FIN) !== 0 && stream?.readableEnded === false) stream.push(null);
      return;
    }
    const type = first & 0xffff;
    if (type === PING) await this.#control(PING, 0, body);
    else if (type === GO_AWAY) return;
    else if (type === RST_STREAM) this.#streams.get(body.readUInt32BE(0))?.destroy();
    else if (type === HEADERS || type === SYN_REPLY) await this.#codec.decode(body.subarray(4));
    else if (type === SYN_STREAM) await this.#open(body, flags, onStream);
  }

  async #open(body: Buffer, flags: number, onStream: (stream: SpdyStream) => void): Promise<void> {
    const id = body.readUInt32BE(0) & 0x7fffffff;
    const stream = new SpdyStream(await this.#codec.decode(body.subarray(10)), (data, fin) => this.#data(id, data, fin));
    stream.on('error', () => undefined); // the connection's end tells
    stream.once('close', () => {
      this.#streams.delete(id);
      // Destroyed before its end: the client must not wait for more.
      if (!stream.writableFinished && !this.closed.aborted) void this.#control(RST_STREAM, 0, numbers(id, CANCEL)).catch(() => undefined);
    });
    this.#streams.set(id, stream);
    await this.#inOrder(async () => this.#write(controlHead(SYN_REPLY, 0), Buffer.concat([numbers(id), await this.#codec.encode({})])));
    if ((flags & FIN) !== 0) stream.push(null);
    onStream(stream);
  }

  async #data(id: number, data: Buffer, fin: boolean): Promise<void> {
    let at = 0;
    do {
      const part = data.subarray(at, at + SEND_BYTES);
      at += part.length;
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt32BE(id, 0);
      head[4] = fin && at >= data.length ? FIN : 0;
      await this.#inOrder(() => this.#write(head, part));
    } while (at < data.length);
  }

  #control(type: number, flags: number, body: Buffer): Promise<void> {
    return this.#inOrder(() => this.#write(controlHead(type, flags), body));
  }

  #inOrder(send: () => Promise<void>): Promise<void> {
    const sent = this.#sending.then(send);
    this.#sending = sent.catch(() => undefined);
    return sent;
  }

  async #write(head: Buffer, body: Buffer): Promise<void> {
    if (this.closed.aborted || this.#socket.writableEnded) throw new Error('the connection is closed');
    head.writeUIntBE(body.length, 5, 3);
    if (!this.#socket.write(Buffer.concat([head, body]))) await once(this.#socket, 'drain', { signal: this.closed });
  }

  #end(): void {
    if (this.closed.aborted) return;
    this.#closed.abort();
    for (const stream of this.#streams.values()) {
      if (!stream.readableEnded) stream.push(null);
      stream.destroy();
    }
    this.#codec.close();
    this.#socket.destroy();
  }
}

function controlHead(type: number, flags: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE((0x80030000 | type) >>> 0, 0);
  head[4] = flags;
  return head;
}

function numbers(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, 4 * index);
  return buffer;
}
