import type { ReplicaSet as ReplicaSetObject, ReplicaSetStatus } from '../../shared/api/generated/apps-v1.ts';
import type { ReplicationController } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { ObjectKey } from '../../shared/machinery/object-key.ts';
import type { ReplicaSet } from './plan-replicas.ts';

/** What keeps a number of equal pods: ReplicaSets, and ReplicationControllers seen as such. */
export interface ReplicaSetSource {
  readonly controllerName: string;
  readonly apiVersion: string;
  readonly kind: string;
  get(key: ObjectKey): ReplicaSet | undefined;
  list(namespace?: string): ReplicaSet[];
  onChange(listener: (set: ReplicaSet) => void): void;
  /** Past the cache. */
  read(key: ObjectKey, signal: AbortSignal): Promise<ReplicaSet>;
  writeStatus(set: ReplicaSet, status: ReplicaSetStatus, signal: AbortSignal): Promise<void>;
}

export function replicaSetSource(client: ApiClient, sets: Informer<ReplicaSetObject>): ReplicaSetSource {
  return {
    controllerName: 'replicaset-controller',
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    get: (key) => sets.get(key),
    list: (namespace) => sets.list(namespace),
    onChange: (listener) => void sets.onChange((set) => listener(set)),
    read: (key, signal) => client.get('replicasets', key, signal),
    writeStatus: async (set, status, signal) => void (await client.updateStatus('replicasets', { ...set, status }, signal)),
  };
}

export function replicationControllerSource(client: ApiClient, controllers: Informer<ReplicationController>): ReplicaSetSource {
  return {
    controllerName: 'replicationcontroller-controller',
    apiVersion: 'v1',
    kind: 'ReplicationController',
    get: (key) => asReplicaSet(controllers.get(key)),
    list: (namespace) => controllers.list(namespace).map(asReplicaSet),
    onChange: (listener) => void controllers.onChange((controller) => listener(asReplicaSet(controller))),
    read: async (key, signal) => asReplicaSet(await client.get('replicationcontrollers', key, signal)),
    writeStatus: async (set, { terminatingReplicas: _, ...status }, signal) => {
      const { selector, template, ...spec } = set.spec;
      const controller = { ...set, spec: { ...spec, template, selector: selector.matchLabels ?? {} }, status };
      await client.updateStatus('replicationcontrollers', controller, signal);
    },
  };
}

function asReplicaSet<C extends DeepReadonly<ReplicationController> | undefined>(
  controller: C,
): C extends undefined ? undefined : ReplicaSet;
function asReplicaSet(controller: DeepReadonly<ReplicationController> | undefined): ReplicaSet | undefined {
  if (controller === undefined) return undefined;
  const { template = { metadata: {}, spec: { containers: [] } }, selector, ...spec } = controller.spec;
  return { ...controller, spec: { ...spec, template, selector: { matchLabels: selector ?? template.metadata?.labels ?? {} } } };
}
