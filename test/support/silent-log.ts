import { createLogger, type Logger } from '../../shared/component/logging.ts';

/** A logger that says nothing. */
export const silentLog: Logger = createLogger('test', { level: 'silent' });

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

/** A logger that keeps its lines, for tests of what is logged. */
export function recordingLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = createLogger('test', {
    level: 'trace',
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) },
  });
  return { log, lines };
}
