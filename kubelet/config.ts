import type { Config, OptionTable } from '../shared/component/options.ts';

/** The kubelet's only options. */
export const KUBELET_OPTIONS = {
  kubeconfig: { type: 'string', help: 'how to reach the API server', upstreamFlag: 'kubeconfig' },
  'node-name': { type: 'string', optional: true, help: "the Node's name; the host name unless given" },
  'hostname-override': {
    type: 'string',
    optional: true,
    help: 'the host name to use instead of the real one',
    upstreamFlag: 'hostname-override',
  },
  'root-dir': {
    type: 'string',
    default: '/var/lib/kubelet',
    help: 'where volumes, logs and container state are',
    upstreamFlag: 'root-dir',
  },
  'node-ip': { type: 'list', default: [], help: "the node's addresses; the first of the machine unless given", upstreamFlag: 'node-ip' },
  'pod-cidr': {
    type: 'string',
    optional: true,
    help: 'range of pod addresses; without one pods have the address of the node',
    upstreamFlag: 'pod-cidr',
  },
  'max-pods': { type: 'number', default: 110, help: 'pods that can run here', upstreamFlag: 'max-pods' },
  address: { type: 'string', default: '127.0.0.1', help: "address of the kubelet's own API", upstreamFlag: 'address' },
  port: { type: 'number', default: 10250, help: "port of the kubelet's own API; 0 takes a free one", upstreamFlag: 'port' },
  'healthz-bind-address': {
    type: 'string',
    default: '127.0.0.1',
    help: 'address of the health port',
    upstreamFlag: 'healthz-bind-address',
  },
  'healthz-port': { type: 'number', default: 10248, help: 'health and metrics port; 0 takes a free one', upstreamFlag: 'healthz-port' },
  'register-node': { type: 'boolean', default: true, help: 'create the Node object', upstreamFlag: 'register-node' },
  'node-labels': { type: 'list', default: [], help: 'labels of the Node, key=value', upstreamFlag: 'node-labels' },
  'register-with-taints': {
    type: 'list',
    default: [],
    help: 'taints of a new Node, key=value:effect',
    upstreamFlag: 'register-with-taints',
  },
  'tls-cert-file': { type: 'string', optional: true, help: "certificate of the kubelet's API", upstreamFlag: 'tls-cert-file' },
  'tls-private-key-file': { type: 'string', optional: true, help: "key of the kubelet's API", upstreamFlag: 'tls-private-key-file' },
  'client-ca-file': {
    type: 'string',
    optional: true,
    help: "who may sign the certificates of callers of the kubelet's API",
    upstreamFlag: 'client-ca-file',
  },
  'node-status-update-frequency': {
    type: 'duration',
    default: 10_000,
    help: 'how often the status and the lease are looked at',
    upstreamFlag: 'node-status-update-frequency',
  },
  runtime: { type: 'string', default: 'auto', help: 'what runs containers: auto, process or simulated' },
  'simulated-nodes': { type: 'number', default: 0, help: 'run this many simulated nodes instead of one real' },
  'simulated-node-prefix': { type: 'string', default: 'simulated', help: 'simulated nodes are named <prefix>-<number>, from 0' },
  'kill-containers-on-exit': { type: 'boolean', default: false, help: 'end all containers when the kubelet is asked to stop' },
} as const satisfies OptionTable;

export type KubeletConfig = Config<typeof KUBELET_OPTIONS>;
