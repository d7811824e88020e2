import type { ObjectMeta, OwnerReference } from './generated/meta-v1.ts';

export type { LabelSelector, ObjectMeta, OwnerReference } from './generated/meta-v1.ts';

/** Any API object; the base of every generated kind. */
export interface KubeObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
}

/** An object whose fields are not known to the compiler: custom resources, generic controllers. */
export interface UntypedObject extends KubeObject {
  [field: string]: unknown;
}

export interface KubeList<T> {
  apiVersion?: string;
  kind?: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** Objects from a cache are shared: mutating them does not compile. Change a `structuredClone`. */
export type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** What a client sends: any part of the object; the API server fills in the rest. */
export type DeepPartial<T> = T extends readonly (infer E)[]
  ? readonly DeepPartial<E>[]
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;

/** The owner reference with `controller: true`, if there is one. */
export function controllerOf(object: { readonly metadata: DeepReadonly<ObjectMeta> }): DeepReadonly<OwnerReference> | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
