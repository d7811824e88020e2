import type { Config, OptionTable } from '../shared/component/options.ts';

/** The scheduler's only options. */
export const SCHEDULER_OPTIONS = {
  kubeconfig: { type: 'string', help: 'how to reach the API server', upstreamFlag: 'kubeconfig' },
  'scheduler-name': { type: 'string', default: 'default-scheduler', help: 'pods with this spec.schedulerName are scheduled here' },
  'leader-elect': { type: 'boolean', default: true, help: 'schedule only while holding the lease', upstreamFlag: 'leader-elect' },
  'leader-elect-identity': {
    type: 'string',
    optional: true,
    help: 'name to hold the lease under; a process that follows another under the same name leads at once. By default unique',
  },
  'leader-elect-resource-name': {
    type: 'string',
    default: 'kube-scheduler',
    help: 'name of the lease',
    upstreamFlag: 'leader-elect-resource-name',
  },
  'leader-elect-resource-namespace': {
    type: 'string',
    default: 'kube-system',
    help: 'namespace of the lease',
    upstreamFlag: 'leader-elect-resource-namespace',
  },
  'bind-address': { type: 'string', default: '127.0.0.1', help: 'address of the health and metrics port', upstreamFlag: 'bind-address' },
  'secure-port': { type: 'number', default: 10259, help: 'health and metrics port; 0 takes a free one', upstreamFlag: 'secure-port' },
  'parallel-bindings': { type: 'number', default: 32, help: 'bindings in flight at the same time' },
} as const satisfies OptionTable;

export type SchedulerConfig = Config<typeof SCHEDULER_OPTIONS>;
