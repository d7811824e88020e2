import type { ApiClient } from '../../shared/client/api-client.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { keyOf } from '../../shared/machinery/object-key.ts';
import { ignoringNotFound } from '../ignoring-not-found.ts';
import type { Pod } from './pod-state.ts';

export interface Disruption {
  reason: 'DeletionByTaintManager' | 'DeletionByPodGC';
  message: string;
  /** Where the pod cannot report its end itself. */
  phase?: 'Failed';
  now: number;
}

/** Notes in the pod's status that it goes for a reason outside it (condition DisruptionTarget). A pod that is gone is a success. */
export async function markDisrupted(
  client: ApiClient,
  pod: Pod,
  { reason, message, phase, now }: Disruption,
  signal: AbortSignal,
): Promise<void> {
  const condition = { type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime: timestamp(now) };
  const status = { ...(phase && { phase }), conditions: [condition] }; // a strategic merge, by the type of the condition
  await ignoringNotFound(
    client.patch('pods', keyOf(pod), { metadata: { uid: pod.metadata.uid }, status }, { type: 'strategic', subresource: 'status' }, signal),
  );
}

/** Deletes exactly this pod; with grace 0 at once, for one that no kubelet will ever end. */
export async function deletePod(client: ApiClient, pod: Pod, options: { gracePeriodSeconds?: number }, signal: AbortSignal): Promise<void> {
  await ignoringNotFound(client.delete('pods', keyOf(pod), { ...options, preconditions: { uid: pod.metadata.uid } }, signal));
}
