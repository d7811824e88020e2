import type { ApiClient } from '../shared/client/api-client.ts';
import type { PodInfo } from './state/pod-info.ts';

/** Tells the API server which node a pod runs on; rejects with a Conflict if it has one already. */
export async function bind(client: ApiClient, pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<void> {
  const { name, namespace, uid } = pod.pod.metadata;
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace, uid },
    target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
  };
  await client.createSubresource('pods', pod.key, 'binding', binding, signal);
}
