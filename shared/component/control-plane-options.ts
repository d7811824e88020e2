import type { OptionTable } from './options.ts';

/** Options of a component of which one of several processes leads, and which serves health and metrics beside its work. */
export function controlPlaneOptions(component: string, port: number) {
  return {
    kubeconfig: { type: 'string', help: 'how to reach the API server', upstreamFlag: 'kubeconfig' },
    'leader-elect': { type: 'boolean', default: true, help: 'work only while holding the lease', upstreamFlag: 'leader-elect' },
    'leader-elect-identity': {
      type: 'string',
      optional: true,
      help: 'name to hold the lease under; a process that follows another under the same name leads at once. By default unique',
    },
    'leader-elect-resource-name': {
      type: 'string',
      default: component,
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
    'secure-port': { type: 'number', default: port, help: 'health and metrics port; 0 takes a free one', upstreamFlag: 'secure-port' },
  } as const satisfies OptionTable;
}
