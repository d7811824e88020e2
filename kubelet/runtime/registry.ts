import type { Logger } from '../../shared/component/logging.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { RuntimeDriver } from './driver.ts';
import { ProcessDriver } from './process/driver.ts';
import { SimulatedDriver } from './simulated/driver.ts';

export interface DriverOptions {
  /** The kubelet's root directory; a driver keeps its state below `<rootDir>/pods/<uid>`. */
  rootDir: string;
  clock: Clock;
  log: Logger;
  /** A container's log file is rotated at this size, bytes. */
  logMaxBytes?: number;
  /** Log files kept for a container, the current one included. */
  logMaxFiles?: number;
}

/** Opens a driver and takes back what it still holds from before. */
export type DriverFactory = (options: DriverOptions) => Promise<RuntimeDriver>;

/** Every runtime by the name that `--runtime` takes. */
export const DRIVERS: Readonly<Record<string, DriverFactory>> = {
  process: (options) => ProcessDriver.open(options),
  simulated: async ({ clock }) => new SimulatedDriver({ clock }),
};

/** `auto` takes the first that works here. */
export async function openDriver(name: string, options: DriverOptions): Promise<RuntimeDriver> {
  const factory = DRIVERS[name === 'auto' ? 'process' : name];
  if (factory === undefined) throw new Error(`unknown runtime "${name}", use one of auto, ${Object.keys(DRIVERS).join(', ')}`);
  return factory(options);
}
