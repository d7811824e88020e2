import type { UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { storedMeta } from './object-meta.ts';
import { type DeleteOptions, deletionFinalizers } from './plan-deletion.ts';

/** A namespace goes when its own finalizers, those in `spec`, are done, too. */
export function heldBySpec(info: ResourceInfo, object: UntypedObject): boolean {
  return info.id === 'namespaces' && specFinalizers(object).length > 0;
}

function specFinalizers(object: UntypedObject): readonly string[] {
  return (object.spec as { finalizers?: string[] } | undefined)?.finalizers ?? [];
}

/** What deleting a namespace makes of it: `terminating` first. Source: kubernetes pkg/registry/core/namespace/storage REST.Delete. */
export function terminateNamespace(old: UntypedObject, options: DeleteOptions, now: number): UntypedObject | 'wait' | 'remove' {
  if (old.metadata.deletionTimestamp !== undefined) {
    if (specFinalizers(old).length > 0 || (old.metadata.finalizers ?? []).length > 0) return 'wait';
    return 'remove';
  }
  const finalizers = deletionFinalizers(old.metadata.finalizers ?? [], options, false);
  if (finalizers.length === 0 && specFinalizers(old).length === 0) return 'remove';
  const metadata = storedMeta({ ...old.metadata, deletionTimestamp: timestamp(now), finalizers });
  if (finalizers.length === 0) delete (metadata as Partial<typeof metadata>).finalizers;
  return { ...old, metadata, status: { ...(old.status as object | undefined), phase: 'Terminating' } };
}
