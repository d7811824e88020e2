import type { Config, OptionTable } from '../shared/component/options.ts';

/** kube-proxy's only options. */
export const PROXY_OPTIONS = {
  kubeconfig: { type: 'string', help: 'how to reach the API server', upstreamFlag: 'kubeconfig' },
  'hostname-override': {
    type: 'string',
    optional: true,
    help: 'name of the node; the host name by default',
    upstreamFlag: 'hostname-override',
  },
  'proxy-mode': { type: 'string', default: 'auto', help: 'userspace, or auto: the first that works here', upstreamFlag: 'proxy-mode' },
  'cluster-cidr': { type: 'string', optional: true, help: 'addresses of pods in the cluster', upstreamFlag: 'cluster-cidr' },
  'nodeport-addresses': {
    type: 'list',
    default: [],
    help: 'ranges of local addresses on which NodePorts are served; loopback addresses of nodes are added where they lie in a range. Empty: every address',
    upstreamFlag: 'nodeport-addresses',
  },
  'healthz-bind-address': {
    type: 'string',
    default: '127.0.0.1',
    help: 'address of the health and metrics port',
    upstreamFlag: 'healthz-bind-address',
  },
  'healthz-port': { type: 'number', default: 10256, help: 'health and metrics port; 0 takes a free one', upstreamFlag: 'healthz-port' },
  'udp-timeout': { type: 'duration', default: 60_000, help: 'how long a silent UDP client keeps its endpoint' },
} as const satisfies OptionTable;

export type ProxyConfig = Config<typeof PROXY_OPTIONS>;
