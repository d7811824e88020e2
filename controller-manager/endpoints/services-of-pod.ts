import { isDeepStrictEqual } from 'node:util';
import type { Pod as PodObject, Service as ServiceObject } from '../../shared/api/generated/core-v1.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import { keyOf } from '../../shared/machinery/object-key.ts';
import { isPodReady, isPodTerminal, type Pod } from '../pods/pod-state.ts';
import { hasManagedEndpoints, podAddresses, type Service } from './pod-endpoint.ts';

/** Wakes the services that select a pod whenever something changes that shows in their endpoints. */
export function wakeServicesOfPods(queue: WorkQueue, services: Informer<ServiceObject>, pods: Informer<PodObject>): void {
  pods.onChange((pod, { type, previous }) => {
    if (type === 'updated' && previous !== undefined && sameEndpoint(pod, previous)) return;
    for (const service of services.list(pod.metadata.namespace))
      if (selects(service, pod) || (previous !== undefined && selects(service, previous))) queue.add(keyOf(service));
  });
}

export function podsOf(service: Service, pods: Informer<PodObject>): Pod[] {
  return pods.list(service.metadata.namespace).filter((pod) => selects(service, pod));
}

function selects(service: Service, { metadata }: Pod): boolean {
  if (!hasManagedEndpoints(service)) return false;
  for (const [key, value] of Object.entries(service.spec.selector ?? {})) if (metadata.labels?.[key] !== value) return false;
  return true;
}

function sameEndpoint(a: Pod, b: Pod): boolean {
  return (
    isPodReady(a) === isPodReady(b) &&
    isPodTerminal(a) === isPodTerminal(b) &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    a.spec.nodeName === b.spec.nodeName &&
    isDeepStrictEqual(podAddresses(a), podAddresses(b)) &&
    isDeepStrictEqual(a.metadata.labels, b.metadata.labels)
  );
}
