import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Field names whose values never reach a log. */
const SECRETS = ['authorization', 'token', 'password', 'key', 'privateKey', 'client-key-data', 'stringData'];

/** A component's logger: JSON lines on stdout, secrets redacted. `error`: someone must act; `warn`: will retry; `info`: state change. */
export function createLogger(component: string, options: { level?: LogLevel; destination?: DestinationStream } = {}): Logger {
  const paths = SECRETS.flatMap((name) => (/^\w+$/.test(name) ? [name, `*.${name}`, `*.*.${name}`] : [`["${name}"]`, `*["${name}"]`]));
  return pino(
    {
      level: options.level ?? 'info',
      base: { component },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: '[redacted]' },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
