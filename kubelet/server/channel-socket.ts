import { PassThrough, type Readable, Writable } from 'node:stream';
import type { WebSocket } from 'ws';

/** The subprotocols for exec and attach, the best first. Source: apimachinery remotecommand constants, kubelet cri/streaming/remotecommand. */
export const EXEC_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
] as const;
/** Those for port-forward. */
export const PORT_FORWARD_PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'portforward.k8s.io'] as const;

/** In v5, a message on this channel names one that its sender closes. */
const CLOSE = 255;

/** Several byte streams over one WebSocket: each message begins with the number of its channel (a digit in the base64 protocols). */
export class ChannelSocket {
  readonly #socket: WebSocket;
  readonly #inputs = new Map<number, PassThrough>();
  readonly #closed = new AbortController();

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on('close', () => this.#end());
    socket.on('error', () => this.#end());
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Aborts when the client is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** What the client sends on a channel; ask before the first message can arrive. */
  input(channel: number): Readable {
    const input = new PassThrough();
    input.on('drain', () => this.#socket.resume());
    this.#inputs.set(channel, input);
    return input;
  }

  /** Sends to the client on a channel; a write is done when the message has left. */
  output(channel: number): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        // A client that is gone is no error of the writer: `closed` tells who has to stop.
        this.#socket.send(this.#encode(channel, chunk), () => done());
      },
    });
  }

  send(channel: number, data: Buffer): Promise<void> {
    return new Promise((resolve) => this.#socket.send(this.#encode(channel, data), () => resolve()));
  }

  close(): void {
    this.#socket.close(1000);
  }

  get #isText(): boolean {
    return this.#socket.protocol.includes('base64');
  }

  #encode(channel: number, data: Buffer): Buffer | string {
    return this.#isText ? `${channel}${data.toString('base64')}` : Buffer.concat([Buffer.of(channel), data]);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (data.length === 0) return;
    const text = this.#isText && !isBinary;
    const channel = text ? (data[0] ?? 0) - 48 : (data[0] ?? 0);
    const payload = text ? Buffer.from(data.toString('latin1', 1), 'base64') : data.subarray(1);
    if (channel === CLOSE && this.protocol === 'v5.channel.k8s.io') this.#inputs.get(payload[0] ?? CLOSE)?.end();
    const input = this.#inputs.get(channel);
    if (input === undefined || input.writableEnded || payload.length === 0) return;
    if (!input.write(payload)) this.#socket.pause();
  }

  #end(): void {
    for (const input of this.#inputs.values()) input.end();
    this.#closed.abort();
  }
}
