import { rm } from 'node:fs/promises';
import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { isConflict, isNotFound } from '../../shared/machinery/api-error.ts';
import { keyOf } from '../../shared/machinery/object-key.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Removes all that a stopped pod left on the node, logs too. */
export async function removePodFiles(pod: DeepReadonly<Pod>, { driver, relist, paths }: WorkerDeps): Promise<void> {
  const { uid } = pod.metadata;
  const sandboxes = relist.of(uid);
  for (const { id } of sandboxes) await driver.removeSandbox(id);
  if (sandboxes.length > 0) await relist.refresh();
  await rm(paths.logDirectory(pod), { recursive: true, force: true });
}

/** The last step of a graceful deletion; a pod that is gone, or another one by now, is left alone. Source: status_manager.go syncPod. */
export async function deletePodObject(pod: DeepReadonly<Pod>, { client, signal }: WorkerDeps): Promise<void> {
  try {
    await client.delete('pods', keyOf(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }, signal);
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
