import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

const FINALIZERS: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

/** Volumes and claims stay while they are used; a controller takes the finalizer away. */
export class StorageObjectInUseProtection implements AdmissionPlugin {
  readonly name = 'StorageObjectInUseProtection';

  mutate({ info, operation, subresource, object }: AdmissionRequest): void {
    const finalizer = Object.hasOwn(FINALIZERS, info.id) ? FINALIZERS[info.id] : undefined;
    if (finalizer === undefined || operation !== 'CREATE' || subresource !== '' || object === undefined) return;
    const own = object.metadata.finalizers ?? [];
    if (!own.includes(finalizer)) object.metadata.finalizers = [...own, finalizer];
  }
}
