import { isDeepStrictEqual } from 'node:util';
import type { Endpoints as EndpointsObject, Pod, Service as ServiceObject } from '../../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { isNamespaceTerminating } from '../../shared/machinery/api-error.ts';
import { keyOf, type ObjectKey } from '../../shared/machinery/object-key.ts';
import { ignoringNotFound } from '../ignoring-not-found.ts';
import { type Endpoints, type EndpointsPlan, OVER_CAPACITY, planEndpoints } from './plan-endpoints.ts';
import { hasManagedEndpoints } from './pod-endpoint.ts';
import { podsOf, wakeServicesOfPods } from './services-of-pod.ts';

export interface EndpointsDeps {
  client: ApiClient;
  services: Informer<ServiceObject>;
  pods: Informer<Pod>;
  endpoints: Informer<EndpointsObject>;
}

/** Keeps one Endpoints object, of the same name, for each service that selects pods. Its keys are services. */
export class EndpointsController implements Reconciler {
  readonly name = 'endpoints-controller';
  readonly #deps: EndpointsDeps;

  constructor(deps: EndpointsDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    const { services, pods, endpoints } = this.#deps;
    services.onChange((service) => queue.add(keyOf(service)));
    endpoints.onChange((object) => queue.add(keyOf(object)));
    wakeServicesOfPods(queue, services, pods);
  }

  async reconcile(key: ObjectKey, { signal }: ReconcileContext): Promise<void> {
    const { client, services, pods, endpoints } = this.#deps;
    const service = services.get(key);
    const existing = endpoints.get(key);
    if (service === undefined) return this.#removeOwn(existing, signal);
    if (!hasManagedEndpoints(service)) return; // somebody else keeps them
    const plan = planEndpoints(service, podsOf(service, pods));
    if (existing !== undefined && isUpToDate(existing, plan)) return;
    const { [OVER_CAPACITY]: _, ...annotations }: Record<string, string> = { ...existing?.metadata.annotations };
    if (plan.truncated) annotations[OVER_CAPACITY] = 'truncated';
    const { name, namespace } = service.metadata;
    try {
      if (existing === undefined) {
        const metadata = { name, namespace, labels: plan.labels, ...(plan.truncated && { annotations }) };
        await client.create('endpoints', { metadata, subsets: plan.subsets }, signal);
      } else {
        const metadata = { ...existing.metadata, labels: plan.labels, annotations };
        await client.update('endpoints', { ...existing, metadata, subsets: plan.subsets }, signal);
      }
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  /** Those that a user made for a service without a selector stay. */
  async #removeOwn(existing: Endpoints | undefined, signal: AbortSignal): Promise<void> {
    if (existing?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== 'endpoint-controller') return;
    await ignoringNotFound(
      this.#deps.client.delete('endpoints', keyOf(existing), { preconditions: { uid: existing.metadata.uid } }, signal),
    );
  }
}

function isUpToDate({ metadata, subsets }: Endpoints, plan: EndpointsPlan): boolean {
  return (
    isDeepStrictEqual(subsets ?? [], plan.subsets) &&
    isDeepStrictEqual(metadata.labels ?? {}, plan.labels) &&
    (metadata.annotations?.[OVER_CAPACITY] === 'truncated') === plan.truncated
  );
}
