import { controlPlaneOptions } from '../shared/component/control-plane-options.ts';
import type { Config, OptionTable } from '../shared/component/options.ts';

/** The scheduler's only options. */
export const SCHEDULER_OPTIONS = {
  ...controlPlaneOptions('kube-scheduler', 10259),
  'scheduler-name': { type: 'string', default: 'default-scheduler', help: 'pods with this spec.schedulerName are scheduled here' },
  'parallel-bindings': { type: 'number', default: 32, help: 'bindings in flight at the same time' },
} as const satisfies OptionTable;

export type SchedulerConfig = Config<typeof SCHEDULER_OPTIONS>;
