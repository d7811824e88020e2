import type { DeepReadonly, ObjectMeta } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';

export type PropagationPolicy = 'Orphan' | 'Background' | 'Foreground';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: PropagationPolicy;
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: readonly string[];
}

export interface DeletionRules {
  /** The kind's grace for this request, seconds; undefined: the kind knows no grace. */
  grace: number | undefined;
  /** What happens to dependents when neither the request nor a finalizer says. */
  orphanByDefault: boolean;
  now: number;
}

/**
 * `remove`: delete the key. `mark`: write the object with this metadata, and `thenRemove` it where no grace is left: watchers see both.
 * `wait`: it is on its way already.
 */
export type DeletionPlan = { action: 'remove' } | { action: 'mark'; metadata: ObjectMeta; thenRemove: boolean } | { action: 'wait' };

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** What a delete request does to an object. Pure. Source: apiserver registry/rest BeforeDelete and registry/generic Store.Delete. */
export function planDeletion(meta: DeepReadonly<ObjectMeta>, options: DeleteOptions, rules: DeletionRules): DeletionPlan {
  const metadata = { ...(meta as ObjectMeta) };
  const graceful = beginGrace(metadata, options, rules);
  if (graceful === 'pending') {
    // Marked, but a crash came before the removal.
    const stranded = meta.deletionGracePeriodSeconds === 0 && (meta.finalizers ?? []).length === 0;
    return { action: stranded ? 'remove' : 'wait' };
  }
  const finalizers = deletionFinalizers(meta.finalizers ?? [], options, rules.orphanByDefault);
  metadata.finalizers = finalizers;
  if (finalizers.length === 0) {
    delete (metadata as Partial<ObjectMeta>).finalizers;
    if (graceful === 'none') return { action: 'remove' };
    return { action: 'mark', metadata, thenRemove: metadata.deletionGracePeriodSeconds === 0 };
  }
  if (graceful === 'none') markAsDeleting(metadata, rules.now);
  return { action: 'mark', metadata, thenRemove: false };
}

function beginGrace(metadata: ObjectMeta, options: DeleteOptions, { grace, now }: DeletionRules): 'none' | 'begun' | 'pending' {
  if (grace === undefined) return 'none';
  if (metadata.deletionTimestamp !== undefined) {
    const old = metadata.deletionGracePeriodSeconds;
    if (old === undefined) return 'none';
    if (options.gracePeriodSeconds === undefined || grace >= old) return 'pending';
    const asked = Date.parse(metadata.deletionTimestamp) - old * 1000;
    metadata.deletionTimestamp = timestamp(asked + grace * 1000); // may only become shorter
    metadata.deletionGracePeriodSeconds = grace;
    return 'begun';
  }
  metadata.deletionTimestamp = timestamp(now + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
  if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  return 'begun';
}

function markAsDeleting(metadata: ObjectMeta, now: number): void {
  if (metadata.deletionGracePeriodSeconds === undefined && (metadata.generation ?? 0) > 0)
    metadata.generation = (metadata.generation ?? 0) + 1;
  if (metadata.deletionTimestamp === undefined || Date.parse(metadata.deletionTimestamp) > now) metadata.deletionTimestamp = timestamp(now);
  metadata.deletionGracePeriodSeconds = 0;
}

/** The finalizers that make the garbage collector do what the request wants. Source: deletionFinalizersForGarbageCollection. */
export function deletionFinalizers(existing: readonly string[], options: DeleteOptions, orphanByDefault: boolean): string[] {
  const orphan = wants(existing, ORPHAN, options, orphanByDefault);
  const foreground = wants(existing, FOREGROUND, options, false);
  const others = existing.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  if (orphan) others.push(ORPHAN);
  if (foreground) others.push(FOREGROUND);
  return others;
}

function wants(existing: readonly string[], finalizer: string, options: DeleteOptions, byDefault: boolean): boolean {
  if (options.orphanDependents !== undefined) return finalizer === ORPHAN && options.orphanDependents;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === (finalizer === ORPHAN ? 'Orphan' : 'Foreground');
  if (existing.includes(finalizer)) return true;
  return byDefault && !existing.includes(FOREGROUND);
}

/** Whether an update that leaves this metadata was the last thing that a deletion waited for. Source: ShouldDeleteDuringUpdate. */
export function goesWithUpdate(updated: DeepReadonly<ObjectMeta>, old: DeepReadonly<ObjectMeta>): boolean {
  if (old.deletionTimestamp === undefined || (updated.finalizers ?? []).length > 0) return false;
  return (old.deletionGracePeriodSeconds ?? 0) === 0 && (updated.deletionGracePeriodSeconds ?? 0) === 0;
}
