import type { Clock } from '../machinery/clock.ts';
import type { HealthChecks } from './health.ts';
import type { Logger } from './logging.ts';
import type { MetricsRegistry } from './metrics.ts';

/** What `run(config, context)` of every component gets; tests make it themselves and so run several in one process. */
export interface ComponentContext {
  log: Logger;
  clock: Clock;
  /** Aborted to stop; `run` settles only when all it started has stopped. */
  signal: AbortSignal;
  health: HealthChecks;
  metrics: MetricsRegistry;
  /** Call once the component does its work; tells the supervisor, with facts such as `{ address: '127.0.0.1:10250' }`. */
  ready(facts?: Record<string, string | number>): void;
}
