import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import { keyOf } from '../../shared/machinery/object-key.ts';

/** For tests without nodes: reports every pod that is not ready yet as running and ready, with an address. Resolves with how many those were. */
export async function makePodsReady(client: ApiClient, namespace: string, only: (pod: Pod) => boolean = () => true): Promise<number> {
  const { items } = await client.list('pods', { namespace });
  const waiting = items.filter((pod) => pod.metadata.deletionTimestamp === undefined && !isReady(pod) && only(pod));
  await Promise.all(waiting.map((pod) => setReady(client, pod)));
  return waiting.length;
}

async function setReady(client: ApiClient, pod: Pod): Promise<void> {
  const podIP = `10.1.0.${(Number.parseInt(pod.metadata.uid.slice(0, 4), 16) % 250) + 1}`;
  const condition = { type: 'Ready', status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z' };
  const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions: [condition] };
  try {
    await client.patch('pods', keyOf(pod), { status }, { type: 'strategic', subresource: 'status' });
  } catch (error) {
    if (!isNotFound(error)) throw error; // removed meanwhile
  }
}

function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}
