import { execFile } from 'node:child_process';
import { closeSync, type FSWatcher, fstatSync, openSync, readFileSync, readSync, truncateSync, watch, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../shared/component/logging.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { encodeLines, type LogStream, logTime } from './cri-line.ts';
import { LogFile, type LogFileOptions } from './log-file.ts';

export interface LogCopierOptions extends LogFileOptions {
  /** Holds the files `stdout` and `stderr`, to which the container appends. */
  outputDir: string;
  /** Where to remember how far the copy has come. */
  cursorPath: string;
  clock: Clock;
  log: Logger;
  /** Raw output is given back to the file system once this much of it is copied, bytes. */
  reclaimBytes?: number;
}

/** Hears raw output as it is copied. */
export type OutputListener = (stream: LogStream, chunk: Buffer) => void;

interface Source {
  stream: LogStream;
  fd: number;
  /** Read up to here; `carry` is the part of it that is not yet a whole line. */
  offset: number;
  carry: Buffer;
  reclaimed: number;
}

/** Writes of a busy container are copied together after this long, ms. */
const GATHER_MS = 2;
/** Where the file system cannot be watched, its files are read this often, ms. */
const POLL_MS = 200;
/** Where output cannot be copied (a full disk), the next try is after this long, ms. */
const RETRY_MS = 1_000;
const CHUNK_BYTES = 64 * 1024;
/** Copied in one turn of the event loop at most, bytes. */
const TURN_BYTES = 1024 * 1024;
const RECLAIM_BYTES = 16 * 1024 * 1024;
const CURSOR_DIGITS = 20;

/**
 * Copies what a container appends to two raw files into its log in the CRI's format. The container writes to files, not to pipes, so
 * neither it nor its output depend on the kubelet: a copier that was killed goes on where it was, and no line is lost or doubled.
 * Lines written while no copier ran get the time of the copy. Copied raw output is given back by punching holes (Linux, util-linux'
 * fallocate); elsewhere the file is cut once it is all copied, and a write in that very instant is lost.
 */
export class LogCopier {
  readonly #options: LogCopierOptions;
  readonly #target: LogFile;
  readonly #listeners = new Set<OutputListener>();
  readonly #sources: Source[] = [];
  #cursor: number | undefined;
  #watcher: FSWatcher | undefined;
  #cancelTimer: (() => void) | undefined;
  #reclaiming = false;

  constructor(options: LogCopierOptions) {
    this.#options = options;
    this.#target = new LogFile(options);
  }

  /** Takes up the copy where the last copier left it. `onFile` hears of any other file that appears or changes in the directory. */
  start(onFile: (name: string) => void): void {
    const { outputDir, cursorPath } = this.#options;
    const [stdout = 0, stderr = 0, size] = readCursor(cursorPath);
    this.#cursor = openSync(cursorPath, 'a+', 0o600);
    closeSync(this.#cursor);
    this.#cursor = openSync(cursorPath, 'r+');
    this.#target.open();
    if (size !== undefined) this.#target.cutTo(size); // lines that the cursor does not know of are copied again
    for (const [stream, offset] of [
      ['stdout', stdout],
      ['stderr', stderr],
    ] as const) {
      this.#sources.push({ stream, fd: openSync(join(outputDir, stream), 'r'), offset, carry: Buffer.alloc(0), reclaimed: 0 });
    }
    try {
      this.#watcher = watch(outputDir, { persistent: false }, (_event, name) => {
        if (name === 'stdout' || name === 'stderr') this.#schedule(GATHER_MS);
        else if (name !== null) onFile(name);
      });
      this.#watcher.on('error', () => this.#poll(onFile));
    } catch {
      this.#poll(onFile);
    }
    this.#schedule(0);
  }

  listen(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Copies all there is; `final`: the container has ended, so an unfinished line is all of it. */
  drain(final: boolean): void {
    for (let more = true; more; ) more = this.#copy(TURN_BYTES);
    if (!final) return;
    for (const source of this.#sources) this.#emit(source, Buffer.alloc(0), true);
  }

  close(): void {
    this.#watcher?.close();
    this.#cancelTimer?.();
    for (const { fd } of this.#sources) closeSync(fd);
    this.#sources.length = 0;
    this.#target.close();
    if (this.#cursor !== undefined) closeSync(this.#cursor);
    this.#cursor = undefined;
    this.#listeners.clear();
  }

  #schedule(ms: number): void {
    if (this.#cancelTimer !== undefined || this.#sources.length === 0) return;
    this.#cancelTimer = this.#options.clock.setTimer(ms, () => {
      this.#cancelTimer = undefined;
      try {
        if (this.#copy(TURN_BYTES)) this.#schedule(0);
      } catch (err) {
        this.#options.log.warn({ err, path: this.#options.path }, 'cannot copy container output');
        this.#schedule(RETRY_MS);
      }
    });
  }

  #poll(onFile: (name: string) => void): void {
    if (this.#sources.length === 0) return;
    this.#schedule(0);
    onFile('');
    this.#options.clock.setTimer(POLL_MS, () => this.#poll(onFile));
  }

  /** True: there was more than `budget`. */
  #copy(budget: number): boolean {
    let left = budget;
    for (const source of this.#sources) {
      for (;;) {
        if (left <= 0) return true;
        const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
        const length = readSync(source.fd, chunk, 0, CHUNK_BYTES, source.offset);
        if (length === 0) break;
        left -= length;
        this.#emit(source, chunk.subarray(0, length), false);
      }
    }
    return false;
  }

  #emit(source: Source, chunk: Buffer, final: boolean): void {
    const { clock } = this.#options;
    const raw = source.carry.length === 0 ? chunk : Buffer.concat([source.carry, chunk]);
    const { lines, consumed } = encodeLines(raw, { stream: source.stream, time: logTime(clock.now()), final });
    this.#target.append(lines); // on a full disk it throws, and the chunk is read again
    source.offset += chunk.length;
    source.carry = raw.subarray(consumed);
    if (chunk.length > 0) for (const listener of this.#listeners) listener(source.stream, chunk);
    if (lines.length === 0) return;
    this.#saveCursor();
    // The cursor follows each rename at once: until the next line is written, an older one is not misread.
    if (this.#target.rotate(clock.now())) this.#saveCursor();
    this.#reclaim(source);
  }

  /** One small write: a kill leaves the old or the new one, never half. */
  #saveCursor(): void {
    if (this.#cursor === undefined) return;
    const numbers = [...this.#sources.map(({ offset, carry }) => offset - carry.length), this.#target.size];
    writeSync(this.#cursor, numbers.map((n) => String(n).padStart(CURSOR_DIGITS)).join(''), 0);
  }

  #reclaim(source: Source): void {
    const done = source.offset - source.carry.length;
    if (this.#reclaiming || done - source.reclaimed < (this.#options.reclaimBytes ?? RECLAIM_BYTES)) return;
    const file = join(this.#options.outputDir, source.stream);
    this.#reclaiming = true;
    execFile('fallocate', ['--punch-hole', '--offset', '0', '--length', String(done), file], (error) => {
      this.#reclaiming = false;
      source.reclaimed = done;
      if (error === null || this.#cursor === undefined) return;
      try {
        if (fstatSync(source.fd).size !== source.offset || source.carry.length > 0) return;
        truncateSync(file);
        source.offset = 0;
        source.reclaimed = 0;
        this.#saveCursor();
      } catch (err) {
        this.#options.log.warn({ err, path: file }, 'cannot cut container output');
      }
    });
  }
}

function readCursor(path: string): number[] {
  try {
    const text = readFileSync(path, 'latin1');
    return (text.match(new RegExp(`.{${CURSOR_DIGITS}}`, 'g')) ?? []).map(Number);
  } catch {
    return [];
  }
}
