import { controlPlaneOptions } from '../shared/component/control-plane-options.ts';
import type { Config, OptionTable } from '../shared/component/options.ts';

/** The controller manager's only options. */
export const CONTROLLER_MANAGER_OPTIONS = {
  ...controlPlaneOptions('kube-controller-manager', 10257),
  controllers: {
    type: 'list',
    default: ['*'],
    help: "controllers to run: '*' all, 'foo' the one named foo, '-foo' all but that one",
    upstreamFlag: 'controllers',
  },
  'root-ca-file': {
    type: 'string',
    optional: true,
    help: "certificate authority of the API server, published in each namespace; the kubeconfig's unless given",
    upstreamFlag: 'root-ca-file',
  },
  'allocate-node-cidrs': {
    type: 'boolean',
    default: false,
    help: 'give each node a range of pod addresses',
    upstreamFlag: 'allocate-node-cidrs',
  },
  'cluster-cidr': { type: 'string', optional: true, help: 'range of all pod addresses', upstreamFlag: 'cluster-cidr' },
  'node-cidr-mask-size': { type: 'number', default: 24, help: "prefix length of a node's range", upstreamFlag: 'node-cidr-mask-size' },
  'node-monitor-period': {
    type: 'duration',
    default: 5_000,
    help: 'how often silent nodes are looked for',
    upstreamFlag: 'node-monitor-period',
  },
  'node-monitor-grace-period': {
    type: 'duration',
    default: 50_000,
    help: 'silence of a kubelet after which its node is unknown',
    upstreamFlag: 'node-monitor-grace-period',
  },
  'node-startup-grace-period': {
    type: 'duration',
    default: 60_000,
    help: 'the same for a node that has not reported its state yet',
    upstreamFlag: 'node-startup-grace-period',
  },
  'node-eviction-rate': {
    type: 'number',
    default: 0.1,
    unit: '1/s',
    help: 'nodes of a healthy zone from which pods are evicted, a second',
    upstreamFlag: 'node-eviction-rate',
  },
  'secondary-node-eviction-rate': {
    type: 'number',
    default: 0.01,
    unit: '1/s',
    help: 'the same in a large zone that is partly down',
    upstreamFlag: 'secondary-node-eviction-rate',
  },
  'unhealthy-zone-threshold': {
    type: 'number',
    default: 0.55,
    help: 'share of nodes not ready at which a zone is partly down',
    upstreamFlag: 'unhealthy-zone-threshold',
  },
  'large-cluster-size-threshold': {
    type: 'number',
    default: 50,
    help: 'zones of more nodes than this are large',
    upstreamFlag: 'large-cluster-size-threshold',
  },
  'terminated-pod-gc-threshold': {
    type: 'number',
    default: 12_500,
    help: 'ended pods that are kept; 0 keeps all',
    upstreamFlag: 'terminated-pod-gc-threshold',
  },
  'max-endpoints-per-slice': {
    type: 'number',
    default: 100,
    help: 'endpoints in an EndpointSlice',
    upstreamFlag: 'max-endpoints-per-slice',
  },
  'concurrent-deployment-syncs': concurrency('deployments', 5),
  'concurrent-replicaset-syncs': concurrency('replica sets', 5),
  'concurrent-rc-syncs': concurrency('replication controllers', 5),
  'concurrent-endpoint-syncs': concurrency("services' endpoints", 5),
  'concurrent-service-endpoint-syncs': concurrency("services' endpoint slices", 5),
  'concurrent-namespace-syncs': concurrency('namespaces', 10),
  'concurrent-gc-syncs': concurrency('objects of the garbage collector', 20),
} as const satisfies OptionTable;

export type ControllerManagerConfig = Config<typeof CONTROLLER_MANAGER_OPTIONS>;

function concurrency(what: string, count: number) {
  return { type: 'number', default: count, help: `${what} worked on at the same time` } as const;
}
