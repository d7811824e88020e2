import { itemsOf, type JsonSchema, valuesOf } from './json-schema.ts';

type Schema = Record<string, unknown>;

const DEFINED_BY_ALL: Schema = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object' },
};

/**
 * A version's schema as OpenAPI publishes it: embedded resources with the fields that all objects have. The document adds these to the
 * root, with the group, version and kind. Source: apiextensions-apiserver pkg/controller/openapi/builder.
 */
export function customOpenApi(schema: JsonSchema): Readonly<Schema> {
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  const properties = Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, customOpenApi(inner)] as const);
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const all = { ...(embedded ? DEFINED_BY_ALL : {}), ...Object.fromEntries(properties) };
  return {
    ...schema,
    ...(items === undefined ? {} : { items: customOpenApi(items) }),
    ...(values === undefined ? {} : { additionalProperties: customOpenApi(values) }),
    ...(Object.keys(all).length === 0 ? {} : { properties: all }),
  };
}
