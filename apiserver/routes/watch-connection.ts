import type { ServerResponse } from 'node:http';
import type { WatchSink } from '../storage/watch-cache-group.ts';

/** What may wait for a slow client, bytes; more cuts it off. */
const MAX_PENDING = 16 * 1024 * 1024;
/** Written at once while the initial state is sent. */
const CHUNK = 256 * 1024;

/**
 * The client's end of a watch. Live lines wait until the initial ones are sent; a client that does not keep up is cut off, never buffered
 * without bound, and then comes back with the last version it has seen.
 */
export class WatchConnection implements WatchSink {
  readonly #response: ServerResponse;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #live = false;
  #ended = false;
  readonly closed: Promise<void>;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.closed = new Promise((resolve) => {
      response.once('close', () => {
        this.#ended = true;
        resolve();
      });
    });
    response.on('error', () => response.destroy()); // the client left
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(lines: Buffer): void {
    if (this.#ended) return;
    if (!this.#live) {
      this.#waiting.push(lines);
      this.#waitingBytes += lines.length;
      if (this.#waitingBytes > MAX_PENDING) this.cut();
      return;
    }
    this.#response.write(lines);
    if (this.#response.writableLength > MAX_PENDING) this.cut();
  }

  /** Sends the initial lines at the client's pace, then what has come meanwhile; from then on `push` writes through. */
  async begin(initial: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    let parts: Buffer[] = [];
    let size = 0;
    for await (const part of initial) {
      if (this.#ended) return;
      parts.push(part);
      size += part.length;
      if (size < CHUNK) continue;
      if (!this.#response.write(Buffer.concat(parts))) await this.#drained();
      parts = [];
      size = 0;
    }
    if (this.#ended) return;
    parts.push(...this.#waiting.splice(0));
    this.#live = true;
    if (parts.length > 0) this.#response.write(parts.length === 1 ? parts[0] : Buffer.concat(parts));
  }

  /** Ends the stream after a last line. */
  end(last?: Buffer): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#response.end(last);
  }

  cut(): void {
    this.#ended = true;
    this.#waiting.length = 0;
    this.#response.destroy();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#response.off('drain', done);
        this.#response.off('close', done);
        resolve();
      };
      this.#response.once('drain', done);
      this.#response.once('close', done);
    });
  }
}
