import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parseLine } from './cri-line.ts';

/** Source: kubelet's MaxContainerTerminationMessageLength, …LogLength (bytes) and …LogLines. */
const MAX_FILE_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

export interface TerminationMessageOptions {
  file: string;
  policy: 'File' | 'FallbackToLogsOnError';
  logPath: string;
  exitCode: number;
}

/** The last words of a container: its message file, or where the policy says so and it failed, the end of its log. */
export function terminationMessage({ file, policy, logPath, exitCode }: TerminationMessageOptions): string {
  const message = readEnd(file, MAX_FILE_BYTES, 'start');
  if (message.length > 0 || policy !== 'FallbackToLogsOnError' || exitCode === 0) return message.toString('utf8');
  const lines = splitLines(readEnd(logPath, 2 * MAX_LOG_BYTES + MAX_LOG_LINES * 64, 'end')).slice(-MAX_LOG_LINES);
  const text = Buffer.concat(
    lines.flatMap((line) => {
      const parsed = parseLine(line);
      if (parsed === undefined) return [];
      return parsed.partial ? [parsed.text] : [parsed.text, Buffer.from('\n')];
    }),
  );
  return text.subarray(Math.max(0, text.length - MAX_LOG_BYTES)).toString('utf8');
}

function readEnd(path: string, bytes: number, from: 'start' | 'end'): Buffer {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const size = fstatSync(fd).size;
    const buffer = Buffer.alloc(Math.min(bytes, size));
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, from === 'start' ? 0 : size - buffer.length));
  } finally {
    closeSync(fd);
  }
}

function splitLines(data: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    const end = data.indexOf(10, at);
    lines.push(data.subarray(at, end < 0 ? data.length : end));
    at = end < 0 ? data.length : end + 1;
  }
  return lines;
}
