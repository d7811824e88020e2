import type { DeepReadonly, KubeObject, OwnerReference } from '../../shared/api/meta.ts';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from './ownership-graph.ts';

/** What became of an owner that an object refers to. */
export type OwnerState = 'present' | 'absent' | 'waiting-for-dependents';

export type CollectionPlan =
  | { action: 'keep' }
  /** Some owners are left: drop the references to the others. */
  | { action: 'drop-references'; uids: string[] }
  | {
      action: 'delete';
      propagationPolicy: 'Foreground' | 'Background' | 'Orphan' /** References that would make a circle of waiting. */;
      unblock: boolean;
    };

export interface CollectionInput {
  /** As the API server has it now. */
  object: DeepReadonly<KubeObject>;
  ownerStates: readonly { reference: DeepReadonly<OwnerReference>; state: OwnerState }[];
  dependents: readonly { deletingDependents: boolean }[];
}

/** What the state of its owners means for an object. Source: kubernetes garbagecollector attemptToDeleteItem. */
export function planCollection({ object, ownerStates, dependents }: CollectionInput): CollectionPlan {
  if (ownerStates.length === 0) return { action: 'keep' };
  const gone = ownerStates.filter(({ state }) => state !== 'present');
  if (gone.length < ownerStates.length)
    return gone.length === 0 ? { action: 'keep' } : { action: 'drop-references', uids: gone.map(({ reference }) => reference.uid) };
  if (ownerStates.some(({ state }) => state === 'waiting-for-dependents') && dependents.length > 0)
    return { action: 'delete', propagationPolicy: 'Foreground', unblock: dependents.some(({ deletingDependents }) => deletingDependents) };
  const { finalizers = [] } = object.metadata;
  const policy = finalizers.includes(ORPHAN_FINALIZER) ? 'Orphan' : finalizers.includes(FOREGROUND_FINALIZER) ? 'Foreground' : 'Background';
  return { action: 'delete', propagationPolicy: policy, unblock: false };
}
