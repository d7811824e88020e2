import { fieldElement } from '../../shared/machinery/apply/path-element.ts';
import { asObject, shapeOfType } from '../../shared/machinery/apply/schema-shape.ts';
import {
  ANY,
  DEDUCED,
  type FieldShape,
  type ListShape,
  type RecordShape,
  type ScalarShape,
  type Shape,
} from '../../shared/machinery/apply/shape.ts';
import { itemsOf, type JsonSchema, valuesOf } from '../custom-resources/json-schema.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const SCALARS: Readonly<Record<string, ScalarShape['type']>> = {
  string: 'string',
  integer: 'numeric',
  number: 'numeric',
  boolean: 'boolean',
};

/** The shape of a custom resource as its structural schema says. Source: kube-openapi schemaconv. */
export function customShape(schema: JsonSchema): RecordShape {
  return asObject(recordShape(schema));
}

function shapeOf(schema: JsonSchema): Shape {
  if (schema['x-kubernetes-int-or-string'] === true) return { kind: 'scalar', type: 'untyped' };
  if (schema.type === 'array') return listShape(schema);
  if (schema.type === 'object') return recordShape(schema);
  const type = SCALARS[schema.type ?? ''];
  if (type !== undefined) return { kind: 'scalar', type };
  return schema['x-kubernetes-preserve-unknown-fields'] === true ? DEDUCED : ANY;
}

function recordShape(schema: JsonSchema): RecordShape {
  const fields = new Map(Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, named(name, shapeOf(inner))]));
  if (schema['x-kubernetes-embedded-resource'] === true) fields.set('metadata', named('metadata', shapeOfType(OBJECT_META)));
  const values = valuesOf(schema);
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || fields.size === 0;
  const rest = values === undefined ? (open ? DEDUCED : undefined) : shapeOf(values);
  return { kind: 'record', atomic: schema['x-kubernetes-map-type'] === 'atomic', fields, rest };
}

function listShape(schema: JsonSchema): ListShape {
  const items = itemsOf(schema);
  const item = items === undefined ? DEDUCED : shapeOf(items);
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return { kind: 'list', by: 'value', keys: [], item };
  if (type !== 'map') return { kind: 'list', by: 'none', keys: [], item };
  const keys = [...(schema['x-kubernetes-list-map-keys'] ?? [])]
    .sort()
    .map((name) => ({ name, default: items?.properties?.[name]?.default }));
  return { kind: 'list', by: 'keys', keys, item };
}

function named(name: string, shape: Shape): FieldShape {
  return { element: fieldElement(name), shape };
}
