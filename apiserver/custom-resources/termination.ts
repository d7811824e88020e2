import type { CustomResourceDefinitionStatus } from '../../shared/api/generated/apiextensions-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { type Condition, type Definition, hasCondition, withConditions } from './conditions.ts';

/** Keeps a definition until all its objects are gone. Source: apiextensions v1.CustomResourceCleanupFinalizer. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** How far the deletion of a definition's objects is. */
export type Progress = 'begun' | 'done' | { failed: string };

/** A definition that is deleted and whose objects are still to be deleted. */
export function isTerminating({ metadata }: Definition): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(CLEANUP_FINALIZER);
}

/** The status of a definition that goes. `now` as a timestamp. Source: apiextensions-apiserver pkg/controller/finalizer. */
export function terminatingStatus(definition: Definition, progress: Progress, now: string): DeepReadonly<CustomResourceDefinitionStatus> {
  const old = definition.status;
  const condition = { type: 'Terminating', ...describe(definition, progress) };
  return { ...old, conditions: withConditions((old?.conditions ?? []) as readonly Condition[], [condition], now) };
}

function describe(definition: Definition, progress: Progress): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (progress === 'begun')
    return { status: 'True', reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' };
  if (progress !== 'done')
    return { status: 'True', reason: 'InstanceDeletionFailed', message: `could not issue all deletes: ${progress.failed}` };
  if (!hasCondition(definition, 'Established'))
    return { status: 'False', reason: 'NeverEstablished', message: 'resource was never established' };
  return { status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' };
}
