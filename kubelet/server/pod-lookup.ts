import type { Pod, ContainerStatus as PodContainerStatus } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ContainerStatus, RuntimeDriver } from '../runtime/driver.ts';
import { HttpError } from './http-error.ts';

/** The pods of this node, with the newest status that this kubelet knows. */
export interface PodLookup {
  pods(): readonly DeepReadonly<Pod>[];
}

/** One container as a request's path names it; `uid` is ''  where the path has none. */
export interface ContainerAddress {
  namespace: string;
  name: string;
  uid: string;
  container: string;
}

/** Throws 404. */
export function findPod(
  lookup: PodLookup,
  { namespace, name, uid }: Omit<ContainerAddress, 'container'>,
  message: string,
): DeepReadonly<Pod> {
  const pod = lookup
    .pods()
    .find(({ metadata }) => metadata.name === name && metadata.namespace === namespace && (uid === '' || metadata.uid === uid));
  if (pod === undefined) throw new HttpError(404, message);
  return pod;
}

/** The running container of that name. Throws in upstream's words where there is none. */
export async function findRunning(driver: RuntimeDriver, pod: DeepReadonly<Pod>, container: string): Promise<ContainerStatus> {
  const found = (await containersOf(driver, pod.metadata.uid)).find(({ name, state }) => name === container && state === 'running');
  if (found === undefined) throw new HttpError(500, `container not found (${JSON.stringify(container)})`);
  return found;
}

/** Every container that the runtime still has of a pod. */
export async function containersOf(driver: RuntimeDriver, podUid: string): Promise<ContainerStatus[]> {
  return (await driver.list()).filter((sandbox) => sandbox.podUid === podUid).flatMap(({ containers }) => containers);
}

/** What the pod's status says of a container of any kind. */
export function statusOf({ status }: DeepReadonly<Pod>, container: string): DeepReadonly<PodContainerStatus> | undefined {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? []), ...(status.ephemeralContainerStatuses ?? [])];
  return all.find(({ name }) => name === container);
}

/** Whether the pod's spec has it. */
export function hasContainer({ spec }: DeepReadonly<Pod>, container: string): boolean {
  const all = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
  return all.some(({ name }) => name === container);
}
