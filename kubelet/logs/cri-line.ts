/** One line of a log file in the CRI's format: `<RFC 3339 time, ns> <stream> <F|P> <text>`. */
export interface LogLine {
  time: string;
  stream: LogStream;
  /** The text goes on in the stream's next line (`P`); no line break belongs after it. */
  partial: boolean;
  text: Buffer;
}

export type LogStream = 'stdout' | 'stderr';

/** Longer lines are split into partial ones, bytes. Source: containerd's max_container_log_line_size (16 KiB). */
export const MAX_LINE_BYTES = 16 * 1024;

const NEWLINE = 10;
const SPACE = 32;

/** ms since the epoch as the format wants it, nanoseconds padded. */
export function logTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000000Z`;
}

/**
 * Turns a container's raw output into log lines. `consumed` tells how many bytes of `raw` they hold: an unfinished last line stays
 * until more arrives, unless `final`.
 */
export function encodeLines(
  raw: Buffer,
  options: { stream: LogStream; time: string; final: boolean },
): { lines: Buffer; consumed: number } {
  const full = Buffer.from(`${options.time} ${options.stream} F `);
  const partial = Buffer.from(`${options.time} ${options.stream} P `);
  const newline = Buffer.from('\n');
  const parts: Buffer[] = [];
  let at = 0;
  while (at < raw.length) {
    const end = raw.indexOf(NEWLINE, at);
    const length = (end < 0 ? raw.length : end) - at;
    if (length > MAX_LINE_BYTES) {
      parts.push(partial, raw.subarray(at, at + MAX_LINE_BYTES), newline);
      at += MAX_LINE_BYTES;
    } else if (end >= 0) {
      parts.push(full, raw.subarray(at, end + 1));
      at = end + 1;
    } else if (options.final) {
      parts.push(partial, raw.subarray(at), newline);
      at = raw.length;
    } else {
      break;
    }
  }
  return { lines: Buffer.concat(parts), consumed: at };
}

/** undefined for a line that is not in the format. `line` is without its line break; `text` shares its memory. */
export function parseLine(line: Buffer): LogLine | undefined {
  const afterTime = line.indexOf(SPACE);
  const afterStream = afterTime < 0 ? -1 : line.indexOf(SPACE, afterTime + 1);
  if (afterStream < 0) return undefined;
  const space = line.indexOf(SPACE, afterStream + 1);
  const afterTag = space < 0 ? line.length : space;
  const stream = line.toString('latin1', afterTime + 1, afterStream);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const tags = line.toString('latin1', afterStream + 1, afterTag).split(':');
  return { time: line.toString('latin1', 0, afterTime), stream, partial: tags[0] === 'P', text: line.subarray(afterTag + 1) };
}
