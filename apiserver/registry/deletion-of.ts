import type { UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { markTerminating } from '../custom-resources/termination.ts';
import { terminateNamespace } from './namespace-termination.ts';
import { type DeleteOptions, planDeletion } from './plan-deletion.ts';
import type { Strategy } from './strategy.ts';

/** What becomes of an object: written as `marked`, and removed after that or not; left as it is; or removed at once. */
export type Deletion = { marked: UntypedObject; thenRemove: boolean } | 'wait' | 'remove';

/** What a delete request does to an object of a kind. */
export function deletionOf(
  { info, strategy, now }: { info: ResourceInfo; strategy: Strategy; now: number },
  old: UntypedObject,
  options: DeleteOptions,
): Deletion {
  if (info.id === 'namespaces') {
    const plan = terminateNamespace(old, options, now);
    return typeof plan === 'string' ? plan : { marked: plan, thenRemove: false };
  }
  if (info.id === 'customresourcedefinitions') {
    const marked = markTerminating(old, timestamp(now));
    if (marked !== undefined) return { marked, thenRemove: false };
  }
  const grace = strategy.gracePeriodSeconds?.(old, options.gracePeriodSeconds);
  const orphanByDefault = info.id === 'replicationcontrollers' || info.id === 'jobs';
  const plan = planDeletion(old.metadata, options, { grace, orphanByDefault, now });
  return plan.action === 'mark' ? { marked: { ...old, metadata: plan.metadata }, thenRemove: plan.thenRemove } : plan.action;
}
