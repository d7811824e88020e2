import { loadSchema } from '../../shared/api/schema/load-schema.ts';
import type { ElementSchema, FieldSchema, ScalarSchema } from '../../shared/api/schema/schema-document.ts';

/** OpenAPI 2 and 3 differ in where definitions lie and in what they can say of a value that has several forms. */
export type Dialect = 'v2' | 'v3';
export type Schema = Record<string, unknown>;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const TYPE = {
  status: `${META}.Status`,
  deleteOptions: `${META}.DeleteOptions`,
  patch: `${META}.Patch`,
  objectMeta: `${META}.ObjectMeta`,
  listMeta: `${META}.ListMeta`,
  resourceList: `${META}.APIResourceList`,
} as const;

export function reference(type: string, dialect: Dialect): Schema {
  return { $ref: `#/${dialect === 'v2' ? 'definitions' : 'components/schemas'}/${type}` };
}

/** The definitions of the given types and of all that they refer to, by name. Names that the schema does not know are left out. */
export function definitionsOf(types: Iterable<string>, dialect: Dialect): Record<string, Schema> {
  const found = new Map<string, Schema>();
  const open = [...types];
  for (let type = open.pop(); type !== undefined; type = open.pop()) {
    if (found.has(type)) continue;
    const made = definition(type, { dialect, refer: (other) => void open.push(other) });
    if (made !== undefined) found.set(type, made);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Context {
  dialect: Dialect;
  refer(type: string): void;
}

function definition(name: string, context: Context): Schema | undefined {
  if (name === TYPE.patch) return { type: 'object' };
  const scalar = scalarTypes().get(name);
  if (scalar !== undefined) return scalarDefinition(name, scalar, context.dialect);
  const type = loadSchema().types[name];
  if (type === undefined) return undefined;
  if (type.codec !== undefined) return {};
  const fields = Object.entries(type.fields ?? {});
  const required = fields.filter(([, field]) => field.required === true).map(([key]) => key);
  const kinds = kindsOfType().get(name);
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(fields.length === 0 ? {} : { properties: Object.fromEntries(fields.map(([key, field]) => [key, property(field, context)])) }),
    ...(kinds === undefined ? {} : { 'x-kubernetes-group-version-kind': kinds }),
    ...(type.structType === undefined ? {} : { 'x-kubernetes-map-type': type.structType }),
  };
}

function property(field: FieldSchema, context: Context): Schema {
  const base = element(field, context);
  const preset = field.default ?? field.implied;
  const values = field.enum === undefined ? undefined : loadSchema().enums[field.enum];
  const wrapped = '$ref' in base && context.dialect === 'v3' && preset !== undefined ? { allOf: [base] } : base;
  return {
    ...wrapped,
    ...(preset === undefined || '$ref' in wrapped ? {} : { default: preset }),
    ...(values === undefined ? {} : { enum: values }),
    ...(field.keys === undefined ? {} : { 'x-kubernetes-list-map-keys': field.keys }),
    ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
    ...(field.mapType === undefined ? {} : { 'x-kubernetes-map-type': field.mapType }),
    ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategy }),
  };
}

function element(schema: ElementSchema, context: Context): Schema {
  if (schema.array !== undefined) return { type: 'array', items: element(schema.array, context) };
  if (schema.map !== undefined) return { type: 'object', additionalProperties: element(schema.map, context) };
  if (schema.scalar !== undefined) {
    const scalar = loadSchema().scalars[schema.scalar];
    if (scalar?.type === undefined) return { ...scalar?.openapi };
    context.refer(scalar.type);
    return reference(scalar.type, context.dialect);
  }
  if (schema.ref === undefined) return {};
  context.refer(schema.ref);
  return reference(schema.ref, context.dialect);
}

function scalarDefinition(name: string, { openapi, oneOf }: ScalarSchema, dialect: Dialect): Schema {
  const kinds = kindsOfType().get(name);
  const base =
    dialect === 'v3' && oneOf !== undefined ? { ...withoutType(openapi), oneOf: oneOf.map((type) => ({ type })) } : { ...openapi };
  return kinds === undefined ? base : { ...base, 'x-kubernetes-group-version-kind': kinds };
}

function withoutType({ type: _, ...rest }: Record<string, unknown>): Schema {
  return rest;
}

let scalars: ReadonlyMap<string, ScalarSchema> | undefined;

function scalarTypes(): ReadonlyMap<string, ScalarSchema> {
  scalars ??= new Map(
    Object.values(loadSchema().scalars).flatMap((scalar) => (scalar.type === undefined ? [] : [[scalar.type, scalar] as const])),
  );
  return scalars;
}

let kinds: ReadonlyMap<string, object[]> | undefined;

/** The kinds that a type stands for: one for most, one in each group and version for those that all share. */
function kindsOfType(): ReadonlyMap<string, object[]> {
  if (kinds !== undefined) return kinds;
  const schema = loadSchema();
  const byType = new Map<string, object[]>();
  for (const { type, group, version, kind } of schema.kinds) byType.set(type, [...(byType.get(type) ?? []), { group, version, kind }]);
  const groupVersions = new Map(schema.kinds.map(({ group, version }) => [`${group}/${version}`, { group, version }]));
  for (const { type, kind } of schema.common)
    byType.set(
      type,
      [...groupVersions.values()].map((each) => ({ ...each, kind })),
    );
  kinds = byType;
  return byType;
}
