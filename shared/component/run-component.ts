import { setMaxListeners } from 'node:events';
import { realClock } from '../machinery/clock.ts';
import type { ComponentContext } from './component.ts';
import { helpText } from './describe-options.ts';
import { createHealthRegistry } from './health.ts';
import { createLogger, type Logger, type LogLevel } from './logging.ts';
import { createMetricsRegistry } from './metrics.ts';
import { type Config, OptionError, type OptionTable, parseOptions } from './options.ts';

/** Options that every component has besides its own. */
export const COMMON_OPTIONS = {
  'log-level': { type: 'string', default: 'info', help: 'least level that is logged: trace, debug, info, warn, error or silent' },
} as const satisfies OptionTable;

const LOG_LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];
/** A stop that takes longer is forced, ms. */
const STOP_MS = 30_000;

type Run<T extends OptionTable> = (config: Config<T & typeof COMMON_OPTIONS>, context: ComponentContext) => Promise<void>;

/**
 * The whole life of a component's process; each `main.ts` calls it once. SIGTERM, SIGINT and the death of a parent with an IPC channel stop
 * it, a second signal ends it at once. Exit code 0 after a stop, 1 after a failure, 2 for a wrong command line.
 */
export async function runComponent<T extends OptionTable>(name: string, options: T, run: Run<T>): Promise<never> {
  const table = { ...COMMON_OPTIONS, ...options };
  const argv = process.argv.slice(2);
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(helpText(name, table));
    return process.exit(0);
  }
  const config = readConfig(name, table, argv);
  const log = createLogger(name, { level: config.logLevel as LogLevel });
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  stopOnSignals(stop, log);
  exitOnCrash(log);
  const context: ComponentContext = {
    log,
    clock: realClock,
    signal: stop.signal,
    health: createHealthRegistry(),
    metrics: createMetricsRegistry(),
    ready: (facts = {}) => {
      log.info({ ...facts, sinceStartMs: Math.round(performance.now()) }, 'ready');
      if (process.connected) process.send?.({ type: 'ready', facts });
    },
  };
  try {
    await run(config as unknown as Config<T & typeof COMMON_OPTIONS>, context);
  } catch (err) {
    if (!stop.signal.aborted) {
      log.error({ err }, 'component failed');
      return process.exit(1);
    }
    log.warn({ err }, 'error while stopping');
  }
  log.info({}, 'stopped');
  return process.exit(0);
}

function readConfig(name: string, table: OptionTable, argv: readonly string[]): Record<string, unknown> {
  try {
    const config = parseOptions(table, argv, process.env) as Record<string, unknown>;
    if (!LOG_LEVELS.includes(String(config.logLevel)))
      throw new OptionError(`value ${JSON.stringify(config.logLevel)} of --log-level must be one of ${LOG_LEVELS.join(', ')}`);
    return config;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    return process.exit(2);
  }
}

function stopOnSignals(stop: AbortController, log: Logger): void {
  const onStop = (why: string): void => {
    if (stop.signal.aborted) {
      log.warn({ why }, 'stopped at once');
      process.exit(1);
    }
    log.info({ why }, 'stopping');
    setTimeout(() => {
      log.error({ afterMs: STOP_MS }, 'stop took too long');
      process.exit(1);
    }, STOP_MS).unref();
    stop.abort();
  };
  process.on('SIGTERM', () => onStop('SIGTERM'));
  process.on('SIGINT', () => onStop('SIGINT'));
  if (process.channel !== undefined && process.channel !== null) {
    process.on('disconnect', () => {
      if (!stop.signal.aborted) onStop('parent is gone');
    });
    process.channel.unref(); // the channel alone is no reason to live
  }
}

function exitOnCrash(log: Logger): void {
  const crash = (err: unknown): never => {
    log.error({ err }, 'unexpected error');
    return process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
