import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';

type MetaVersion = 'v1' | 'v1beta1';

/** An object's metadata alone, as `Accept: …;as=PartialObjectMetadata;g=meta.k8s.io;v=v1` asks for it. Shares the metadata with the object. */
export function metadataOnly(object: DeepReadonly<UntypedObject>, version: MetaVersion = 'v1'): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

/** The list form, with the list's own metadata (resourceVersion, continue, remainingItemCount). */
export function metadataOnlyList(objects: readonly DeepReadonly<UntypedObject>[], metadata: object, version: MetaVersion = 'v1'): object {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    items: objects.map((object) => metadataOnly(object, version)),
  };
}
