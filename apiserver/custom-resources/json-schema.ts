import type { JSONSchemaProps } from '../../shared/api/generated/apiextensions-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';

/** The schema of a version of a custom resource, or a part of it. */
export type JsonSchema = DeepReadonly<JSONSchemaProps>;

/** The schema of all items of a list; lists of schemas are refused when a definition is made. */
export function itemsOf({ items }: JsonSchema): JsonSchema | undefined {
  return isSchema(items) ? items : undefined;
}

/** The schema of the values of a map; undefined also for `true` and `false`. */
export function valuesOf({ additionalProperties }: JsonSchema): JsonSchema | undefined {
  return isSchema(additionalProperties) ? additionalProperties : undefined;
}

export function hasDefault(schema: JsonSchema): boolean {
  return schema.default !== undefined && schema.default !== null;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
