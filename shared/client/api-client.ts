import type { DeepPartial, DeepReadonly, KubeList, KubeObject, UntypedObject } from '../api/meta.ts';
import type { ResourceId, ResourceInfo, ResourceMap } from '../api/scheme.ts';
import type { ObjectKey } from '../machinery/object-key.ts';

/** A built-in resource by its id, or any resource by its row (custom resources, generic controllers). */
export type ResourceRef = ResourceId | ResourceInfo;
export type ObjectOf<R extends ResourceRef> = R extends ResourceId ? ResourceMap[R] : UntypedObject;

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface WatchOptions extends Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'> {
  resourceVersion?: string;
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
  timeoutSeconds?: number;
}

export interface PatchOptions {
  type: 'strategic' | 'merge' | 'json' | 'apply';
  subresource?: string;
  fieldManager?: string;
  force?: boolean;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
}

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  /** Only `metadata.resourceVersion` (and the annotation that ends initial events) is meaningful. */
  | { type: 'BOOKMARK'; object: KubeObject };

/**
 * Typed access to an API server. Every method rejects with the `ApiError` that the server answered, or after its retries with the
 * transport's error. Reads and idempotent writes are retried with back-off on connection failures, 429 and 503 (`Retry-After`
 * honoured); a create is retried only where the request certainly did not arrive. Sends `Kubernetus-Cause` by itself (see cause.ts).
 */
export interface ApiClient {
  get<R extends ResourceRef>(resource: R, key: ObjectKey, signal?: AbortSignal): Promise<ObjectOf<R>>;
  list<R extends ResourceRef>(resource: R, options?: ListOptions, signal?: AbortSignal): Promise<KubeList<ObjectOf<R>>>;
  /** Namespace from `object.metadata.namespace`. `apiVersion` and `kind` are filled in. */
  create<R extends ResourceRef>(resource: R, object: DeepPartial<ObjectOf<R>>, signal?: AbortSignal): Promise<ObjectOf<R>>;
  update<R extends ResourceRef>(resource: R, object: DeepReadonly<ObjectOf<R>>, signal?: AbortSignal): Promise<ObjectOf<R>>;
  updateStatus<R extends ResourceRef>(resource: R, object: DeepReadonly<ObjectOf<R>>, signal?: AbortSignal): Promise<ObjectOf<R>>;
  patch<R extends ResourceRef>(
    resource: R,
    key: ObjectKey,
    patch: unknown,
    options: PatchOptions,
    signal?: AbortSignal,
  ): Promise<ObjectOf<R>>;
  /** Resolves once the deletion is accepted, which with finalizers or grace is before the object is gone. */
  delete(resource: ResourceRef, key: ObjectKey, options?: DeleteOptions, signal?: AbortSignal): Promise<void>;
  deleteCollection(resource: ResourceRef, selection: ListOptions, options?: DeleteOptions, signal?: AbortSignal): Promise<void>;
  /** POSTs to a subresource: `binding`, `eviction`, `token`. */
  createSubresource(resource: ResourceRef, key: ObjectKey, subresource: string, body: unknown, signal?: AbortSignal): Promise<unknown>;
  /** Ends when the server ends it or `signal` aborts; throws `ApiError` (410 Expired) where the server says so. */
  watch<R extends ResourceRef>(resource: R, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent<ObjectOf<R>>>;
  /** Any path that answers JSON, such as discovery documents. */
  raw(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, signal?: AbortSignal): Promise<unknown>;
  /** Closes idle connections. */
  close(): Promise<void>;
}
