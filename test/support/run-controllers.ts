import { setMaxListeners } from 'node:events';
import { CONTROLLER_MANAGER_OPTIONS } from '../../controller-manager/config.ts';
import { runControllers } from '../../controller-manager/controller-manager.ts';
import type { ClientConfig } from '../../shared/client/kubeconfig.ts';
import { createHealthRegistry } from '../../shared/component/health.ts';
import { createMetricsRegistry } from '../../shared/component/metrics.ts';
import { parseOptions } from '../../shared/component/options.ts';
import { type Clock, realClock } from '../../shared/machinery/clock.ts';
import { silentLog } from './silent-log.ts';

export interface RunningControllers {
  stop(): Promise<void>;
}

export interface RunControllersOptions {
  clock?: Clock;
  /** Command line, such as `['--node-monitor-period=1s']`. */
  flags?: readonly string[];
  log?: typeof silentLog;
}

/** Runs the named controllers of the controller manager in this process; resolves once they work. */
export async function startControllers(
  clientConfig: ClientConfig,
  names: readonly string[],
  options: RunControllersOptions = {},
): Promise<RunningControllers> {
  const flags = [
    '--kubeconfig=unused',
    '--secure-port=0',
    `--controllers=${names.join(',')}`,
    ...(options.flags ?? ['--leader-elect=false']),
  ];
  const config = parseOptions(CONTROLLER_MANAGER_OPTIONS, flags, {});
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const running = { done: Promise.resolve() };
  await new Promise<void>((resolve, reject) => {
    const context = {
      log: options.log ?? silentLog,
      clock: options.clock ?? realClock,
      signal: stopping.signal,
      health: createHealthRegistry(),
      metrics: createMetricsRegistry(),
      ready: () => resolve(),
      clientConfig,
      rootCa: 'PEM of the root',
    };
    running.done = runControllers(config, context);
    running.done.then(() => reject(new Error('stopped before it was ready')), reject);
  });
  return {
    stop: async () => {
      stopping.abort();
      await running.done;
    },
  };
}
