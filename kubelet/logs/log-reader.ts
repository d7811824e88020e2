import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Clock } from '../../shared/machinery/clock.ts';
import { type LogLine, parseLine } from './cri-line.ts';
import { rotatedFiles } from './log-file.ts';

/** `core/v1 PodLogOptions`, as far as they concern one container's log. */
export interface LogQuery {
  follow: boolean;
  timestamps: boolean;
  /** Only the last so many lines. */
  tailLines?: number;
  /** Only lines not older than this, ms since the epoch. */
  sinceMs?: number;
  limitBytes?: number;
  stream: 'All' | 'Stdout' | 'Stderr';
}

export interface LogReaderOptions {
  path: string;
  query: LogQuery;
  clock: Clock;
  /** True once the container writes no more; a follower then reads to the end and stops. */
  finished(): boolean;
}

interface Position {
  file: string;
  offset: number;
}

interface Reading {
  handle: FileHandle;
  inode: number;
  offset: number;
}

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;
/** A follower looks by itself this often, ms: the end of a container changes no file. */
const POLL_MS = 100;

/** A container's log as `kubectl logs` shows it, across rotated files; nothing where there is no log yet. Ends early when `signal` aborts. */
export async function* readLog({ path, query, clock, finished }: LogReaderOptions, signal: AbortSignal): AsyncGenerator<Buffer> {
  const wake = new Wake(path);
  const output = new Output(query);
  let tailLines = query.tailLines;
  let reading: Reading | undefined;
  try {
    for (;;) {
      const last = !query.follow || finished(); // asked before reading: all that was written until then is read
      reading ??= await openAt(await startOf(path, tailLines));
      tailLines = undefined; // a file that appears later is new from its beginning
      if (reading !== undefined) {
        for await (const { lines, end } of linesFrom(reading.handle, reading.offset)) {
          reading.offset = end;
          const text = output.of(lines);
          if (text.length > 0) yield text;
          if (output.full || signal.aborted) return;
        }
        const next = await fileAfter(path, reading.inode);
        if (next !== undefined) {
          await reading.handle.close();
          reading = await openAt({ file: next, offset: 0 });
          continue;
        }
      }
      if (last) return;
      await wake.wait(clock, signal);
      if (signal.aborted) return;
    }
  } finally {
    wake.close();
    await reading?.handle.close();
  }
}

/** Turns log lines into what the query asks to see. */
class Output {
  readonly #query: LogQuery;
  #left: number;
  #lineBegins = true;

  constructor(query: LogQuery) {
    this.#query = query;
    this.#left = query.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** The limit is reached. */
  get full(): boolean {
    return this.#left <= 0;
  }

  of(lines: readonly Buffer[]): Buffer {
    const parts: Buffer[] = [];
    for (const line of lines) {
      const parsed = parseLine(line);
      if (parsed === undefined || !this.#wants(parsed)) continue;
      if (this.#query.timestamps && this.#lineBegins) parts.push(Buffer.from(`${parsed.time} `));
      parts.push(parsed.text);
      if (!parsed.partial) parts.push(LINE_BREAK);
      this.#lineBegins = !parsed.partial;
    }
    const text = Buffer.concat(parts);
    const cut = text.subarray(0, Math.min(text.length, this.#left));
    this.#left -= cut.length;
    return cut;
  }

  #wants({ stream, time }: LogLine): boolean {
    const { stream: wanted, sinceMs } = this.#query;
    if (wanted !== 'All' && wanted.toLowerCase() !== stream) return false;
    return sinceMs === undefined || Date.parse(time) >= sinceMs;
  }
}

const LINE_BREAK = Buffer.from('\n');

/** Wakes a follower when something happens in the log's directory. */
class Wake {
  readonly #path: string;
  #watcher: FSWatcher | undefined;
  #rings = 0;
  #heard = 0;
  #ring: (() => void) | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async wait(clock: Clock, signal: AbortSignal): Promise<void> {
    this.#open();
    if (this.#rings === this.#heard) {
      const woken = new AbortController();
      const leave = (): void => woken.abort();
      this.#ring = leave;
      signal.addEventListener('abort', leave, { once: true });
      if (!signal.aborted) await clock.sleep(POLL_MS, woken.signal);
      signal.removeEventListener('abort', leave);
      this.#ring = undefined;
    }
    this.#heard = this.#rings;
  }

  close(): void {
    this.#watcher?.close();
  }

  #open(): void {
    if (this.#watcher !== undefined) return;
    const name = basename(this.#path);
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_event, changed) => {
        if (changed !== null && !changed.startsWith(name)) return;
        this.#rings++;
        this.#ring?.();
      });
      this.#watcher.on('error', () => undefined);
    } catch {
      // the directory is not there yet: the poll finds it
    }
  }
}

async function* linesFrom(handle: FileHandle, offset: number): AsyncGenerator<{ lines: Buffer[]; end: number }> {
  let at = offset;
  let carry: Buffer = Buffer.alloc(0);
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at + carry.length);
    if (bytesRead === 0) return;
    const data = carry.length === 0 ? buffer.subarray(0, bytesRead) : Buffer.concat([carry, buffer.subarray(0, bytesRead)]);
    const lines: Buffer[] = [];
    let begin = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, begin)) {
      lines.push(data.subarray(begin, end));
      begin = end + 1;
    }
    carry = data.subarray(begin);
    at += begin;
    if (lines.length > 0) yield { lines, end: at };
  }
}

async function openAt(position: Position | undefined): Promise<Reading | undefined> {
  const handle = position === undefined ? undefined : await open(position.file, 'r').catch(() => undefined);
  if (position === undefined || handle === undefined) return undefined;
  return { handle, inode: (await handle.stat()).ino, offset: position.offset };
}

/** Where to begin to read; undefined: there is no file. */
async function startOf(path: string, tailLines: number | undefined): Promise<Position | undefined> {
  const files = [...rotatedFiles(path), path];
  if (tailLines === undefined) {
    for (const file of files) if ((await stat(file).catch(() => undefined)) !== undefined) return { file, offset: 0 };
    return undefined;
  }
  let missing = tailLines;
  let first: Position | undefined;
  for (const file of files.reverse()) {
    const found = await tailOf(file, missing);
    if (found === undefined) continue;
    first = { file, offset: found.offset };
    missing -= found.lines;
    if (missing <= 0) break;
  }
  return first;
}

/** The offset of the last `count` lines, read backwards. Every line counts, as in upstream, also a partial one. */
async function tailOf(file: string, count: number): Promise<{ offset: number; lines: number } | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    if (count <= 0) return { offset: size, lines: 0 };
    let breaks = 0;
    for (let end = size; end > 0; ) {
      const begin = Math.max(0, end - CHUNK_BYTES);
      const { buffer } = await handle.read(Buffer.allocUnsafe(end - begin), 0, end - begin, begin);
      for (let at = buffer.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : buffer.lastIndexOf(NEWLINE, at - 1)) {
        if (breaks === count) return { offset: begin + at + 1, lines: count };
        breaks++;
      }
      end = begin;
    }
    return { offset: 0, lines: breaks };
  } finally {
    await handle.close();
  }
}

/** The file that follows the one with this inode; the oldest where that one is gone; undefined where it is the current one. */
async function fileAfter(path: string, inode: number): Promise<string | undefined> {
  const current = await stat(path).catch(() => undefined);
  if (current === undefined || current.ino === inode) return undefined;
  const files = [...rotatedFiles(path), path];
  const inodes = await Promise.all(files.map(async (file) => (await stat(file).catch(() => undefined))?.ino));
  return files[inodes.indexOf(inode) + 1];
}
