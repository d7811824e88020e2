import type { KubeObject } from '../api/meta.ts';
import { ApiError, failure, type Status } from '../machinery/api-error.ts';
import type { WatchEvent } from './api-client.ts';

const NEWLINE = 0x0a;

/** Decodes the body of a watch, one JSON document a line. Throws the `ApiError` of an `ERROR` event; ends when the bytes end. */
export async function* decodeWatch<T extends KubeObject>(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const lines = new LineSplitter();
  for await (const chunk of chunks) {
    for (const line of lines.push(chunk)) {
      const event = parseEvent<T>(line);
      if (event !== undefined) yield event;
    }
  }
  // What is left is half a line: the connection was cut in it. The caller resumes from the last whole event.
}

/** Cuts bytes into lines. Looks at each byte once, copies only lines that span chunks, and cuts before decoding, so UTF-8 stays whole. */
class LineSplitter {
  #pieces: Buffer[] = [];

  push(bytes: Uint8Array): string[] {
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      if (this.#pieces.length === 0) lines.push(chunk.toString('utf8', start, end));
      else {
        this.#pieces.push(chunk.subarray(start, end));
        lines.push(Buffer.concat(this.#pieces).toString('utf8'));
        this.#pieces = [];
      }
      start = end + 1;
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
    return lines;
  }
}

function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> | undefined {
  if (line.trim() === '') return undefined;
  let event: { type?: string; object?: unknown };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (cause) {
    throw new Error(`watch sent a line that is not JSON: ${JSON.stringify(line.slice(0, 80))}`, { cause });
  }
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, object: event.object as T };
    case 'BOOKMARK':
      return { type: 'BOOKMARK', object: event.object as KubeObject };
    case 'ERROR': {
      const status = event.object as Partial<Status> | undefined;
      throw status?.kind === 'Status' ? new ApiError(status as Status) : failure(500, 'InternalError', 'watch failed without a Status');
    }
    default:
      throw new Error(`watch sent an event of unknown type ${JSON.stringify(event.type)}`);
  }
}
