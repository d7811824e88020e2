import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Source: kubelet configuration's containerLogMaxSize (10Mi) and containerLogMaxFiles (5). */
export const LOG_MAX_BYTES = 10 * 1024 * 1024;
export const LOG_MAX_FILES = 5;

export interface LogFileOptions {
  path: string;
  /** The file is rotated once it is larger, bytes. */
  maxBytes: number;
  /** Files kept, the current one included. */
  maxFiles: number;
}

/** The one writer of a container's log; opens the file with the first line. */
export class LogFile {
  readonly #options: LogFileOptions;
  #fd: number | undefined;
  #size = 0;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** Bytes in the current file. */
  get size(): number {
    return this.#size;
  }

  open(): void {
    if (this.#fd !== undefined) return;
    mkdirSync(dirname(this.#options.path), { recursive: true });
    this.#fd = openSync(this.#options.path, 'a', 0o640);
    this.#size = fstatSync(this.#fd).size;
  }

  /** Writes whole lines, all or none: a file never ends inside a line. */
  append(lines: Buffer): void {
    this.open();
    if (this.#fd === undefined || lines.length === 0) return;
    try {
      for (let written = 0; written < lines.length; ) written += writeSync(this.#fd, lines, written);
    } catch (error) {
      ftruncateSync(this.#fd, this.#size);
      throw error;
    }
    this.#size += lines.length;
  }

  /** Takes back what was appended beyond `size`. */
  cutTo(size: number): void {
    this.open();
    if (this.#fd === undefined || size >= this.#size) return;
    ftruncateSync(this.#fd, size);
    this.#size = size;
  }

  /** Moves a file that has grown too large aside and removes the oldest of those. True if it did. */
  rotate(now: number): boolean {
    const { path, maxBytes, maxFiles } = this.#options;
    if (this.#size < maxBytes) return false;
    this.close();
    renameSync(path, rotatedPath(path, now));
    const old = rotatedFiles(path);
    for (const file of old.slice(0, Math.max(0, old.length - (maxFiles - 1)))) rmSync(file, { force: true });
    this.#size = 0;
    return true;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** The files that a log was rotated into, oldest first. */
export function rotatedFiles(path: string): string[] {
  const prefix = `${basename(path)}.`;
  let names: string[];
  try {
    names = readdirSync(dirname(path));
  } catch {
    return [];
  }
  const rotated = names.filter((name) => name.startsWith(prefix) && /^\d{8}-\d{6}/.test(name.slice(prefix.length)));
  return rotated.sort().map((name) => join(dirname(path), name));
}

/** Upstream's `<log>.20060102-150405`, with milliseconds, and made later than any there is: names sort by age. */
function rotatedPath(path: string, now: number): string {
  const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:Z]/g, '').replace('T', '-');
  const newest = rotatedFiles(path).at(-1) ?? '';
  let ms = now;
  while (`${path}.${stamp(ms)}` <= newest) ms++;
  return `${path}.${stamp(ms)}`;
}
