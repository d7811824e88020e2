import { loadSchema } from '../../shared/api/schema/load-schema.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';

/** The name of a resource's type in OpenAPI: the schema's, or for custom resources `com.example.v1.Widget`. */
export function definitionName({ type, group, version, kind }: ResourceInfo): string {
  if (isBuiltIn(type)) return type;
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
}

export function isBuiltIn(type: string): boolean {
  return Object.hasOwn(loadSchema().types, type);
}

/** The name of the type of its lists. */
export function listDefinitionName(info: ResourceInfo): string {
  const name = definitionName(info);
  return `${name.slice(0, name.length - info.kind.length)}${info.listKind}`;
}
