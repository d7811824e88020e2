import type { CustomResourceDefinitionStatus } from '../../shared/api/generated/apiextensions-v1.ts';
import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import { type Condition, type Definition, hasCondition, withConditions } from './conditions.ts';

/** Keeps a definition until all its objects are gone. Source: apiextensions v1.CustomResourceCleanupFinalizer. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** How far the deletion of a definition's objects is. */
export type Progress = 'marked' | 'begun' | 'done' | { failed: string };

/** A definition that is deleted and whose objects are still to be deleted. */
export function isTerminating({ metadata }: Definition): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(CLEANUP_FINALIZER);
}

/**
 * What the first request to delete a definition makes of it, whatever its options: it waits for its objects; undefined: it waits already.
 * `now` as a timestamp. Source: apiextensions-apiserver pkg/registry/customresourcedefinition REST.Delete.
 */
export function markTerminating(old: UntypedObject, now: string): UntypedObject | undefined {
  const definition = old as unknown as Definition;
  if (definition.metadata.deletionTimestamp !== undefined) return undefined;
  const { finalizers = [] } = old.metadata;
  return {
    ...old,
    metadata: {
      ...old.metadata,
      deletionTimestamp: now,
      finalizers: finalizers.includes(CLEANUP_FINALIZER) ? finalizers : [...finalizers, CLEANUP_FINALIZER],
    },
    status: terminatingStatus(definition, 'marked', now),
  };
}

/** The status of a definition that goes. `now` as a timestamp. Source: apiextensions-apiserver pkg/controller/finalizer. */
export function terminatingStatus(definition: Definition, progress: Progress, now: string): DeepReadonly<CustomResourceDefinitionStatus> {
  const old = definition.status;
  const condition = { type: 'Terminating', ...describe(definition, progress) };
  return { ...old, conditions: withConditions((old?.conditions ?? []) as readonly Condition[], [condition], now) };
}

function describe(definition: Definition, progress: Progress): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (progress === 'marked') {
    const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon';
    return { status: 'True', reason: 'InstanceDeletionPending', message };
  }
  if (progress === 'begun')
    return { status: 'True', reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' };
  if (progress !== 'done')
    return { status: 'True', reason: 'InstanceDeletionFailed', message: `could not issue all deletes: ${progress.failed}` };
  if (!hasCondition(definition, 'Established'))
    return { status: 'False', reason: 'NeverEstablished', message: 'resource was never established' };
  return { status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' };
}
