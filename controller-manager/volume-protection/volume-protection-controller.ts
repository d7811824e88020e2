import type { PersistentVolume, PersistentVolumeClaim, Pod as PodObject } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { keyOf, type ObjectKey, objectKey } from '../../shared/machinery/object-key.ts';
import { ignoringNotFound } from '../ignoring-not-found.ts';
import { CLAIM_FINALIZER, claimsOf, isClaimInUse, isVolumeInUse, planProtection, VOLUME_FINALIZER } from './volume-protection.ts';

export interface ClaimProtectionDeps {
  client: ApiClient;
  claims: Informer<PersistentVolumeClaim>;
  pods: Informer<PodObject>;
}

/** Keeps claims that are being deleted until no pod uses them. */
export class ClaimProtectionController implements Reconciler {
  readonly name = 'persistentvolumeclaim-protection-controller';
  readonly #deps: ClaimProtectionDeps;

  constructor(deps: ClaimProtectionDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    const { claims, pods } = this.#deps;
    claims.onChange((claim, { type }) => {
      if (type !== 'deleted') queue.add(keyOf(claim));
    });
    pods.onChange((pod) => {
      for (const name of claimsOf(pod)) queue.add(objectKey(pod.metadata.namespace, name));
    });
  }

  async reconcile(key: ObjectKey, { signal }: ReconcileContext): Promise<void> {
    const { client, claims, pods } = this.#deps;
    const claim = claims.get(key);
    if (claim === undefined) return;
    const change = planProtection(claim, CLAIM_FINALIZER, () => isClaimInUse(claim, pods.list(claim.metadata.namespace)));
    if (change !== undefined)
      await ignoringNotFound(client.update('persistentvolumeclaims', changed(claim, CLAIM_FINALIZER, change), signal));
  }
}

export interface VolumeProtectionDeps {
  client: ApiClient;
  volumes: Informer<PersistentVolume>;
}

/** Keeps volumes that are being deleted while they are bound. */
export class VolumeProtectionController implements Reconciler {
  readonly name = 'persistentvolume-protection-controller';
  readonly #deps: VolumeProtectionDeps;

  constructor(deps: VolumeProtectionDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    this.#deps.volumes.onChange((volume, { type }) => {
      if (type !== 'deleted') queue.add(keyOf(volume));
    });
  }

  async reconcile(key: ObjectKey, { signal }: ReconcileContext): Promise<void> {
    const { client, volumes } = this.#deps;
    const volume = volumes.get(key);
    if (volume === undefined) return;
    const change = planProtection(volume, VOLUME_FINALIZER, () => isVolumeInUse(volume));
    if (change !== undefined) await ignoringNotFound(client.update('persistentvolumes', changed(volume, VOLUME_FINALIZER, change), signal));
  }
}

function changed<T extends DeepReadonly<PersistentVolume> | DeepReadonly<PersistentVolumeClaim>>(
  object: T,
  finalizer: string,
  change: 'add' | 'remove',
): T {
  const others = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  return { ...object, metadata: { ...object.metadata, finalizers: change === 'add' ? [...others, finalizer] : others } };
}
