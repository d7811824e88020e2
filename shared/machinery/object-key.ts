/** `namespace/name`, or `name` for objects without a namespace. */
export type ObjectKey = string;

export function keyOf(object: { readonly metadata: { readonly name: string; readonly namespace?: string | undefined } }): ObjectKey {
  return objectKey(object.metadata.namespace, object.metadata.name);
}

export function objectKey(namespace: string | undefined, name: string): ObjectKey {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The reverse of `objectKey`; `namespace` is '' for objects without one. */
export function splitKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
