import type { Node, Pod, Service as ServiceObject } from '../../shared/api/generated/core-v1.ts';
import type { EndpointSlice as EndpointSliceObject } from '../../shared/api/generated/discovery-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { isNamespaceTerminating, isNotFound } from '../../shared/machinery/api-error.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { keyOf, type ObjectKey, objectKey } from '../../shared/machinery/object-key.ts';
import { hasManagedEndpoints } from '../endpoints/pod-endpoint.ts';
import { podsOf, wakeServicesOfPods } from '../endpoints/services-of-pod.ts';
import { AWAITED_MS, OwnWrites } from '../own-writes.ts';
import { addressTypes, desiredEndpoints, ZONE_LABEL } from './desired-endpoints.ts';
import {
  type EndpointSlice,
  MANAGED_BY_LABEL,
  MANAGER,
  planEndpointSlices,
  SERVICE_NAME_LABEL,
  type SlicesPlan,
} from './plan-endpoint-slices.ts';

export interface EndpointSliceDeps {
  client: ApiClient;
  clock: Clock;
  services: Informer<ServiceObject>;
  pods: Informer<Pod>;
  nodes: Informer<Node>;
  /** With `slicesByService`. */
  slices: Informer<EndpointSliceObject>;
  maxPerSlice: number;
}

const SERVICE_INDEX = 'service';
/** Finds the slices that this controller manages by their service's key. */
export const slicesByService = {
  [SERVICE_INDEX]: (slice: EndpointSlice): readonly string[] => [serviceKey(slice)].filter((key) => key !== undefined),
};

/** Keeps the EndpointSlices of each service that selects pods. Its keys are services. */
export class EndpointSliceController implements Reconciler {
  readonly name = 'endpointslice-controller';
  readonly #deps: EndpointSliceDeps;
  readonly #writes: OwnWrites<EndpointSliceObject>;

  constructor(deps: EndpointSliceDeps) {
    this.#deps = deps;
    this.#writes = new OwnWrites(deps.slices, deps.clock);
  }

  wakeOn(queue: WorkQueue): void {
    const { services, pods, nodes, slices } = this.#deps;
    services.onChange((service) => queue.add(keyOf(service)));
    slices.onChange((slice) => {
      const key = serviceKey(slice);
      if (key !== undefined) queue.add(key);
    });
    wakeServicesOfPods(queue, services, pods);
    nodes.onChange((node, { type, previous }) => {
      if (type === 'updated' && previous?.metadata.labels?.[ZONE_LABEL] === node.metadata.labels?.[ZONE_LABEL]) return;
      for (const service of services.list()) queue.add(keyOf(service));
    });
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<void> {
    const { services, pods, nodes, slices, maxPerSlice } = this.#deps;
    const service = services.get(key);
    if (service === undefined) return this.#writes.forget(key); // the garbage collector removes the slices
    if (!hasManagedEndpoints(service) || service.metadata.deletionTimestamp !== undefined) return;
    if (!this.#writes.settled(key)) return context.requeueAfter(AWAITED_MS); // the slices' events wake us sooner
    const plan = planEndpointSlices({
      service,
      addressTypes: addressTypes(service),
      desired: desiredEndpoints(service, podsOf(service, pods), (name) => nodes.get(name)),
      existing: slices.byIndex(SERVICE_INDEX, key).filter((slice) => slice.metadata.deletionTimestamp === undefined),
      maxPerSlice,
    });
    try {
      await this.#write(key, plan, context.signal);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  /** Creates before it removes, so that no endpoint is missing in between. */
  async #write(key: ObjectKey, { create, update, remove }: SlicesPlan, signal: AbortSignal): Promise<void> {
    const { client } = this.#deps;
    for (const slice of create) this.#writes.wrote(key, await client.create('endpointslices', slice, signal));
    for (const slice of update) this.#writes.wrote(key, await client.update('endpointslices', slice, signal));
    for (const slice of remove) {
      this.#writes.removed(key, keyOf(slice));
      await client
        .delete('endpointslices', keyOf(slice), { preconditions: { uid: slice.metadata.uid } }, signal)
        .catch((error: unknown) => {
          this.#writes.forget(key);
          if (!isNotFound(error)) throw error;
        });
    }
  }
}

function serviceKey({ metadata }: EndpointSlice): ObjectKey | undefined {
  const service = metadata.labels?.[SERVICE_NAME_LABEL];
  return service === undefined || metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER ? undefined : objectKey(metadata.namespace, service);
}
