import type { ApiClient } from '../shared/client/api-client.ts';
import { timestamp } from '../shared/machinery/clock.ts';
import type { PodInfo } from './state/pod-info.ts';

/** Writes `PodScheduled=False` with upstream's reason, unless the pod says so already. */
export async function reportUnschedulable(
  client: ApiClient,
  { key, pod }: PodInfo,
  message: string,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const old = (pod.status.conditions ?? []).find(({ type }) => type === 'PodScheduled');
  if (old?.status === 'False' && old.reason === 'Unschedulable' && old.message === message) return;
  const lastTransitionTime = old?.status === 'False' ? old.lastTransitionTime : timestamp(now);
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastProbeTime: null, lastTransitionTime };
  await client.patch('pods', key, { status: { conditions: [condition] } }, { type: 'strategic', subresource: 'status' }, signal);
}
