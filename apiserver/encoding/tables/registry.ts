import { autoscaling } from './autoscaling.ts';
import { cluster } from './cluster.ts';
import { configuration } from './configuration.ts';
import { extension } from './extension.ts';
import { network } from './network.ts';
import { pods } from './pods.ts';
import { AGE, column, NAME, type Printer } from './printer.ts';
import { storage } from './storage.ts';
import { workloads } from './workloads.ts';

/** For resources without a printer of their own: name and time of creation. */
export const DEFAULT_PRINTER: Printer = {
  columns: [NAME, column('Created At', { type: 'date', description: AGE.description })],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp],
};

/** The printers of built-in resources, by resource id. */
export const BUILT_IN_PRINTERS: Readonly<Record<string, Printer>> = {
  pods,
  ...workloads,
  ...network,
  ...cluster,
  ...storage,
  ...configuration,
  ...autoscaling,
  ...extension,
};
