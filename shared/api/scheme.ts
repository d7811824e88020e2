import type { ResourceMap } from './generated/resource-map.ts';
import { BUILT_IN_RESOURCES } from './generated/resources.ts';

export type { ResourceMap };
/** Names a built-in resource: its plural, with the group where two groups share it (`events.events.k8s.io`). */
export type ResourceId = keyof ResourceMap;

/** One resource as a row of data; custom resources get such a row at run time. */
export interface ResourceInfo {
  id: string;
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  listKind: string;
  verbs: readonly string[];
  subresources: Readonly<Record<string, { verbs: readonly string[]; type?: string }>>;
  /** OpenAPI name of the type in the schema. */
  type: string;
}

export { BUILT_IN_RESOURCES };

const byId = new Map(BUILT_IN_RESOURCES.map((info) => [info.id, info]));

/** The row of a built-in resource. Throws on an unknown id, which only untyped code can pass. */
export function resourceInfo(id: ResourceId): ResourceInfo {
  const info = byId.get(id);
  if (info === undefined) throw new Error(`resource ${JSON.stringify(id)} is not built in`);
  return info;
}

/** `v1` for the core group, else `group/version`. */
export function groupVersion({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The path of a collection, or with `name` of one object, or with `subresource` of that. Every part is escaped. */
export function resourcePath(
  info: ResourceInfo,
  { namespace, name, subresource }: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const root = info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  const scope = info.namespaced && namespace !== undefined && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${info.plural}${object}${subresource === undefined ? '' : `/${subresource}`}`;
}
