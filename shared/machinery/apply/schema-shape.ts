import { loadSchema } from '../../api/schema/load-schema.ts';
import type { ElementSchema, FieldSchema, ScalarKind, TypeSchema } from '../../api/schema/schema-document.ts';
import { fieldElement } from './path-element.ts';
import { ANY, type FieldShape, type ListShape, type RecordShape, type ScalarShape, type Shape } from './shape.ts';

const scalar = (type: ScalarShape['type']): ScalarShape => ({ kind: 'scalar', type });
const [STRING, NUMERIC, BOOLEAN, UNTYPED] = [scalar('string'), scalar('numeric'), scalar('boolean'), scalar('untyped')];

const SCALARS: Readonly<Record<ScalarKind, Shape>> = {
  string: STRING,
  bytes: STRING,
  duration: STRING,
  bool: BOOLEAN,
  int32: NUMERIC,
  int64: NUMERIC,
  float64: NUMERIC,
  quantity: UNTYPED,
  'int-or-string': UNTYPED,
  time: UNTYPED,
  'micro-time': UNTYPED,
  any: ANY,
  'raw-object': ANY,
  'fields-v1': ANY,
  json: ANY,
};

const known = new Map<string, Shape>();

/** Belongs to the server, so to nobody. Source: managedfields NewStripMetaManager. */
const UNTRACKED: ReadonlySet<string> = new Set([
  'name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'generation', 'managedFields', 'resourceVersion',
]); // biome-ignore format: one list
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const objects = new Map<string, RecordShape>();

/** The shape of the objects of a built-in kind, by the OpenAPI name of the type, made once a process. */
export function shapeOfObject(typeName: string): RecordShape {
  let shape = objects.get(typeName);
  if (shape === undefined) {
    const type = shapeOfType(typeName);
    if (type.kind !== 'record') throw new Error(`type ${JSON.stringify(typeName)} is not of objects`);
    shape = asObject(type);
    objects.set(typeName, shape);
  }
  return shape;
}

/** The shape with the metadata of objects, and without owners of what belongs to the server. */
export function asObject(shape: RecordShape): RecordShape {
  const fields = new Map(shape.fields);
  for (const name of ['kind', 'apiVersion']) fields.set(name, { element: undefined, shape: STRING });
  fields.set('metadata', { element: 'f:metadata', shape: metadataShape() });
  return { kind: 'record', atomic: shape.atomic, rest: shape.rest, fields };
}

let metadata: RecordShape | undefined;

function metadataShape(): RecordShape {
  if (metadata === undefined) {
    const fields = Object.entries(loadSchema().types[OBJECT_META]?.fields ?? {}).map(([name, field]): [string, FieldShape] => [
      name,
      { element: UNTRACKED.has(name) ? undefined : fieldElement(name), shape: shapeOfField(field) },
    ]);
    metadata = { kind: 'record', atomic: false, rest: undefined, fields: new Map(fields) };
  }
  return metadata;
}

/** The shape of a built-in type by its OpenAPI name, made once a process. */
export function shapeOfType(typeName: string): Shape {
  let shape = known.get(typeName);
  if (shape === undefined) {
    const type = loadSchema().types[typeName];
    if (type === undefined) throw new Error(`type ${JSON.stringify(typeName)} is not in the schema`);
    shape = type.codec === undefined ? new StructShape(typeName, type, type.structType === 'atomic') : ANY;
    known.set(typeName, shape);
  }
  return shape;
}

/** Finds its fields' shapes at first use: types may hold themselves. */
class StructShape implements RecordShape {
  readonly kind = 'record';
  readonly rest = undefined;
  readonly atomic: boolean;
  readonly #name: string;
  readonly #type: TypeSchema;
  #fields: ReadonlyMap<string, FieldShape> | undefined;

  constructor(name: string, type: TypeSchema, atomic: boolean) {
    this.#name = name;
    this.#type = type;
    this.atomic = atomic;
  }

  get fields(): ReadonlyMap<string, FieldShape> {
    this.#fields ??= new Map(
      Object.entries(this.#type.fields ?? {}).map(([name, field]) => [name, { element: fieldElement(name), shape: shapeOfField(field) }]),
    );
    return this.#fields;
  }

  asAtomic(): StructShape {
    return this.atomic ? this : new StructShape(this.#name, this.#type, true);
  }
}

function shapeOfField(field: FieldSchema): Shape {
  if (field.array !== undefined) return listShape(field, field.array);
  if (field.map !== undefined) return mapShape(field.map, field.mapType === 'atomic');
  const shape = shapeOfElement(field);
  return field.mapType === 'atomic' && shape instanceof StructShape ? shape.asAtomic() : shape;
}

function shapeOfElement(element: ElementSchema): Shape {
  if (element.array !== undefined) return { kind: 'list', by: 'none', keys: [], item: shapeOfElement(element.array) };
  if (element.map !== undefined) return mapShape(element.map, false);
  if (element.ref !== undefined) return shapeOfType(element.ref);
  return element.scalar === undefined ? STRING : SCALARS[element.scalar];
}

function mapShape(item: ElementSchema, atomic: boolean): RecordShape {
  return { kind: 'record', atomic, fields: new Map(), rest: shapeOfElement(item) };
}

function listShape(field: FieldSchema, item: ElementSchema): ListShape {
  const shape = shapeOfElement(item);
  if (field.listType === 'set') return { kind: 'list', by: 'value', keys: [], item: shape };
  if (field.listType !== 'map' || item.ref === undefined) return { kind: 'list', by: 'none', keys: [], item: shape };
  const fields = loadSchema().types[item.ref]?.fields ?? {};
  const keys = [...(field.keys ?? [])].sort().map((name) => ({ name, default: fields[name]?.default ?? fields[name]?.implied }));
  return { kind: 'list', by: 'keys', keys, item: shape };
}
