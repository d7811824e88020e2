import type { PersistentVolume, PersistentVolumeClaim } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly, KubeObject } from '../../shared/api/meta.ts';
import { isPodTerminal, type Pod } from '../pods/pod-state.ts';

export const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';
export const VOLUME_FINALIZER = 'kubernetes.io/pv-protection';

/** The names of the claims that a pod mounts, those made for its ephemeral volumes included. */
export function claimsOf({ metadata, spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral ? [`${metadata.name}-${volume.name}`] : [];
  });
}

/** A scheduled pod that has not ended may still write to its claims. Source: kubernetes pvcprotection podUsesPVC. */
export function isClaimInUse(claim: DeepReadonly<PersistentVolumeClaim>, pods: readonly Pod[]): boolean {
  return pods.some((pod) => !isPodTerminal(pod) && Boolean(pod.spec.nodeName) && claimsOf(pod).includes(claim.metadata.name));
}

export function isVolumeInUse({ status }: DeepReadonly<PersistentVolume>): boolean {
  return status?.phase === 'Bound';
}

export type FinalizerChange = 'add' | 'remove';

/** What has to happen to the finalizer that keeps an object while it is in use. */
export function planProtection(
  { metadata }: DeepReadonly<KubeObject>,
  finalizer: string,
  inUse: () => boolean,
): FinalizerChange | undefined {
  const isHeld = metadata.finalizers?.includes(finalizer) === true;
  if (metadata.deletionTimestamp === undefined) return isHeld ? undefined : 'add';
  return isHeld && !inUse() ? 'remove' : undefined;
}
