import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceId } from '../../shared/api/scheme.ts';

/** The newest objects from the watch cache, for admission and strategies that look at more than the object at hand. */
export interface ObjectReader {
  /** `namespace` is '' for cluster-scoped resources. */
  get(resource: ResourceId, namespace: string, name: string): DeepReadonly<UntypedObject> | undefined;
  /** All in the namespace, in key order; '' means all namespaces. */
  list(resource: ResourceId, namespace?: string): readonly DeepReadonly<UntypedObject>[];
}
