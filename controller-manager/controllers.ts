import type { KubeObject } from '../shared/api/meta.ts';
import { type ResourceId, resourceInfo } from '../shared/api/scheme.ts';
import type { ApiClient } from '../shared/client/api-client.ts';
import type { EventRecorder } from '../shared/client/event-recorder.ts';
import type { Informer } from '../shared/client/informer.ts';
import type { InformerSet } from '../shared/client/informer-set.ts';
import type { Logger } from '../shared/component/logging.ts';
import { createPodWriter } from '../shared/controller/pod-writer.ts';
import type { Reconciler } from '../shared/controller/reconciler.ts';
import type { Clock } from '../shared/machinery/clock.ts';
import type { ControllerManagerConfig } from './config.ts';
import { DeploymentController } from './deployment/deployment-controller.ts';
import { DisruptionController } from './disruption/disruption-controller.ts';
import { EndpointsController } from './endpoints/endpoints-controller.ts';
import { EndpointSliceController, slicesByService } from './endpointslice/endpointslice-controller.ts';
import { GarbageCollectorController } from './garbage-collector/garbage-collector-controller.ts';
import { NamespaceController } from './namespace/namespace-controller.ts';
import { NodeIpamController } from './node-ipam/node-ipam-controller.ts';
import { NodeLifecycleController } from './node-lifecycle/node-lifecycle-controller.ts';
import { nodeNameIndex } from './node-name-index.ts';
import { orphansIndex } from './orphans-index.ts';
import { PodGcController } from './pod-gc/pod-gc-controller.ts';
import { type ReplicaSetSource, replicaSetSource, replicationControllerSource } from './replicaset/replica-set-source.ts';
import { ReplicaSetController } from './replicaset/replicaset-controller.ts';
import { ROOT_CA_NAME, RootCaCertPublisher } from './service-account/root-ca-cert-publisher.ts';
import { ServiceAccountController } from './service-account/service-account-controller.ts';
import { TaintEvictionController } from './taint-eviction/taint-eviction-controller.ts';
import { ClaimProtectionController, VolumeProtectionController } from './volume-protection/volume-protection-controller.ts';

export interface ControllerContext {
  client: ApiClient;
  informers: InformerSet;
  clock: Clock;
  log: Logger;
  config: ControllerManagerConfig;
  /** PEM; undefined where the API server is reached without TLS. */
  rootCa: string | undefined;
  /** The recorder of a component, by the name that its events show as their source. */
  recorder(component: string): EventRecorder;
}

export interface ControllerSetup {
  reconciler: Reconciler;
  workers: number;
  /** Runs beside the reconciler. */
  run?: (signal: AbortSignal) => Promise<void>;
  /** What must be known before the first reconcile, besides the shared informers. */
  waitForSync?: (signal: AbortSignal) => Promise<void>;
}

/** Makes a controller and asks for its informers; starts nothing. Undefined: the configuration leaves it nothing to do. */
export type ControllerFactory = (context: ControllerContext) => ControllerSetup | undefined;

/** Resources whose every object is in a cache for other controllers. */
const FOLLOWED_ANYWAY: readonly ResourceId[] = [
  'pods',
  'nodes',
  'services',
  'endpoints',
  'endpointslices',
  'deployments',
  'replicasets',
  'statefulsets',
  'replicationcontrollers',
  'namespaces',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'poddisruptionbudgets',
];

/** Every controller there is, by upstream's names. */
export const CONTROLLERS: Readonly<Record<string, ControllerFactory>> = {
  'deployment-controller': ({ client, clock, informers, recorder, config }) => {
    const [deployments, sets, pods] = [
      informers.for('deployments'),
      informers.for('replicasets', { indexers: orphansIndex }),
      informers.for('pods'),
    ];
    const reconciler = new DeploymentController({ client, clock, recorder: recorder('deployment-controller'), deployments, sets, pods });
    return { reconciler, workers: config.concurrentDeploymentSyncs };
  },
  'replicaset-controller': (context) => {
    const sets = replicaSetSource(context.client, context.informers.for('replicasets', { indexers: orphansIndex }));
    return { reconciler: replicas(context, sets, 'replicaset-controller'), workers: context.config.concurrentReplicasetSyncs };
  },
  'replicationcontroller-controller': (context) => {
    const sets = replicationControllerSource(context.client, context.informers.for('replicationcontrollers'));
    return { reconciler: replicas(context, sets, 'replication-controller'), workers: context.config.concurrentRcSyncs };
  },
  'endpoints-controller': ({ client, informers, config }) => {
    const [services, pods, endpoints] = [informers.for('services'), informers.for('pods'), informers.for('endpoints')];
    return { reconciler: new EndpointsController({ client, services, pods, endpoints }), workers: config.concurrentEndpointSyncs };
  },
  'endpointslice-controller': ({ client, clock, informers, config }) => {
    const [services, pods, nodes] = [informers.for('services'), informers.for('pods'), informers.for('nodes')];
    const slices = informers.for('endpointslices', { indexers: slicesByService });
    const reconciler = new EndpointSliceController({
      client,
      clock,
      services,
      pods,
      nodes,
      slices,
      maxPerSlice: config.maxEndpointsPerSlice,
    });
    return { reconciler, workers: config.concurrentServiceEndpointSyncs };
  },
  'namespace-controller': ({ client, clock, informers, config }) => {
    const [namespaces, pods, definitions] = [
      informers.for('namespaces'),
      informers.for('pods'),
      informers.for('customresourcedefinitions'),
    ];
    return {
      reconciler: new NamespaceController({ client, clock, namespaces, pods, definitions }),
      workers: config.concurrentNamespaceSyncs,
    };
  },
  'garbage-collector-controller': ({ client, clock, log, informers, config }) => {
    const shared = new Map(FOLLOWED_ANYWAY.map((id): [string, Informer<KubeObject>] => [id, informers.for(resourceInfo(id))]));
    const definitions = informers.for('customresourcedefinitions');
    const reconciler = new GarbageCollectorController({ client, clock, log, definitions, shared });
    return {
      reconciler,
      workers: config.concurrentGcSyncs,
      run: (signal) => reconciler.run(signal),
      waitForSync: (signal) => reconciler.waitForSync(signal),
    };
  },
  'serviceaccount-controller': ({ client, informers }) => {
    const [namespaces, accounts] = [informers.for('namespaces'), informers.for('serviceaccounts')];
    return { reconciler: new ServiceAccountController({ client, namespaces, accounts }), workers: 1 };
  },
  'root-ca-certificate-publisher-controller': ({ client, informers, rootCa }) => {
    if (rootCa === undefined) return undefined;
    const namespaces = informers.for('namespaces');
    const configMaps = informers.for('configmaps', { fieldSelector: `metadata.name=${ROOT_CA_NAME}` });
    return { reconciler: new RootCaCertPublisher({ client, namespaces, configMaps, rootCa }), workers: 1 };
  },
  'node-ipam-controller': ({ client, informers, recorder, config }) => {
    if (!config.allocateNodeCidrs || config.clusterCidr === undefined) return undefined;
    const range = { clusterCidr: config.clusterCidr, maskSize: config.nodeCidrMaskSize };
    return {
      reconciler: new NodeIpamController({ client, nodes: informers.for('nodes'), recorder: recorder('cidrAllocator'), range }),
      workers: 1,
    };
  },
  'node-lifecycle-controller': ({ client, clock, informers, recorder, config }) => {
    const reconciler = new NodeLifecycleController({
      client,
      clock,
      recorder: recorder('node-controller'),
      nodes: informers.for('nodes'),
      leases: informers.for('leases', { namespace: 'kube-node-lease' }),
      pods: informers.for('pods', { indexers: nodeNameIndex }),
      monitorPeriodMs: config.nodeMonitorPeriod,
      graceMs: config.nodeMonitorGracePeriod,
      startupGraceMs: config.nodeStartupGracePeriod,
      rates: {
        normalPerSecond: config.nodeEvictionRate,
        secondaryPerSecond: config.secondaryNodeEvictionRate,
        unhealthyThreshold: config.unhealthyZoneThreshold,
        largeClusterSize: config.largeClusterSizeThreshold,
      },
    });
    return { reconciler, workers: 8, run: (signal) => reconciler.run(signal) };
  },
  'taint-eviction-controller': ({ client, clock, informers, recorder }) => {
    const [nodes, pods] = [informers.for('nodes'), informers.for('pods', { indexers: nodeNameIndex })];
    return {
      reconciler: new TaintEvictionController({ client, clock, recorder: recorder('taint-eviction-controller'), nodes, pods }),
      workers: 8,
    };
  },
  'pod-garbage-collector-controller': ({ client, clock, informers, config }) => {
    const [nodes, pods] = [informers.for('nodes'), informers.for('pods')];
    return {
      reconciler: new PodGcController({ client, clock, nodes, pods, terminatedThreshold: config.terminatedPodGcThreshold }),
      workers: 1,
    };
  },
  'disruption-controller': ({ client, clock, informers, recorder }) => {
    const reconciler = new DisruptionController({
      client,
      clock,
      recorder: recorder('controllermanager'),
      budgets: informers.for('poddisruptionbudgets'),
      pods: informers.for('pods'),
      replicaSets: informers.for('replicasets'),
      deployments: informers.for('deployments'),
      statefulSets: informers.for('statefulsets'),
      replicationControllers: informers.for('replicationcontrollers'),
    });
    return { reconciler, workers: 1 };
  },
  'persistentvolumeclaim-protection-controller': ({ client, informers }) => {
    const [claims, pods] = [informers.for('persistentvolumeclaims'), informers.for('pods')];
    return { reconciler: new ClaimProtectionController({ client, claims, pods }), workers: 1 };
  },
  'persistentvolume-protection-controller': ({ client, informers }) => ({
    reconciler: new VolumeProtectionController({ client, volumes: informers.for('persistentvolumes') }),
    workers: 1,
  }),
};

/** Which controllers `--controllers` asks for, in the order of the table. Throws on a name that does not exist. */
export function enabledControllers(wanted: readonly string[]): string[] {
  for (const item of wanted) {
    const name = item.replace(/^-/, '');
    if (name !== '*' && !Object.hasOwn(CONTROLLERS, name)) throw new Error(`"${name}" is not in the list of known controllers`);
  }
  return Object.keys(CONTROLLERS).filter((name) => wanted.includes(name) || (wanted.includes('*') && !wanted.includes(`-${name}`)));
}

function replicas(
  { client, clock, informers, recorder }: ControllerContext,
  sets: ReplicaSetSource,
  component: string,
): ReplicaSetController {
  const pods = informers.for('pods', { indexers: orphansIndex });
  const writer = createPodWriter({ client, pods, clock, recorder: recorder(component) });
  return new ReplicaSetController({ client, clock, writer, sets, pods });
}
