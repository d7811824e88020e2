import type { PersistentVolumeClaim } from '../../shared/api/generated/core-v1.ts';
import type { ObjectReader } from '../registry/object-reader.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

const DEFAULT_ANNOTATIONS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

/** A claim that names no class gets the newest of the default ones. */
export class DefaultStorageClass implements AdmissionPlugin {
  readonly name = 'DefaultStorageClass';

  mutate({ info, operation, subresource, object }: AdmissionRequest, reader: ObjectReader): void {
    if (info.id !== 'persistentvolumeclaims' || operation !== 'CREATE' || subresource !== '' || object === undefined) return;
    const claim = object as unknown as PersistentVolumeClaim;
    if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined)
      return;
    const defaults = reader
      .list('storageclasses')
      .filter(({ metadata }) => DEFAULT_ANNOTATIONS.some((name) => metadata.annotations?.[name] === 'true'))
      .sort(
        (a, b) =>
          compare(b.metadata.creationTimestamp ?? '', a.metadata.creationTimestamp ?? '') || compare(a.metadata.name, b.metadata.name),
      );
    const newest = defaults[0];
    if (newest !== undefined) claim.spec.storageClassName = newest.metadata.name;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
