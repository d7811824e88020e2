import type { UntypedObject } from '../../shared/api/meta.ts';
import { loadSchema } from '../../shared/api/schema/load-schema.ts';
import type { ElementSchema, FieldSchema, TypeSchema } from '../../shared/api/schema/schema-document.ts';
import { badRequest } from '../../shared/machinery/api-error.ts';
import { isRecord } from './record.ts';
import { type Decode, SCALAR_DECODERS } from './scalars.ts';
import { DecodeError, Trail } from './trail.ts';

/**
 * Reads a parsed JSON body as upstream's decoder would: a new object with keys in schema order, values canonical, Go's zero values
 * dropped or written as Go writes them, unknown fields dropped and listed in `problems` (`unknown field "spec.foo"`). Raw JSON inside
 * (`fieldsV1`, embedded objects) is shared with `value`. Throws ApiError 400 with Go's words for a wrong type.
 */
export function decodeObject(typeName: string, value: unknown): { object: UntypedObject; problems: string[] } {
  const trail = new Trail();
  try {
    const object = structDecoder(typeName)(value, trail) as UntypedObject;
    return { object, problems: trail.problems };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const [version = '', kind = ''] = typeName.split('.').slice(-2);
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`);
  }
}

interface FieldPlan {
  name: string;
  decode: Decode;
  /** Whether Go leaves the decoded value out. */
  drop: ((value: unknown) => boolean) | undefined;
  /** What Go writes for a field that is not there, for fields that are always written. */
  absent: (() => unknown) | undefined;
}

/** Types that hold themselves could else exhaust the stack. */
const MAX_DEPTH = 500;
const compiled = new Map<string, Decode>();

function structDecoder(typeName: string): Decode {
  const known = compiled.get(typeName);
  if (known !== undefined) return known;
  const type = loadSchema().types[typeName];
  if (type === undefined) throw new Error(`type ${JSON.stringify(typeName)} is not in the schema`);
  let body: Decode | undefined; // compiled at first use: types may hold themselves
  const decode: Decode = (value, trail) => {
    body ??= type.codec === undefined ? compileStruct(typeName, type) : compileUnion(typeName, type);
    return body(value, trail);
  };
  compiled.set(typeName, decode);
  return decode;
}

function compileStruct(typeName: string, type: TypeSchema): Decode {
  const plans = Object.entries(type.fields ?? {}).map(([name, field]) => planField(name, field));
  const names = new Set(plans.map((plan) => plan.name));
  const goName = typeName.slice(typeName.lastIndexOf('.') + 1);
  const goType = goTypeOf({ ref: typeName });
  return (value, trail) => {
    if (!isRecord(value)) throw trail.mismatch(value, goType);
    const depth = ++trail.depth;
    if (depth > MAX_DEPTH) throw new DecodeError('json: exceeded max depth');
    trail.structs[depth] = goName;
    const out: Record<string, unknown> = {};
    let known = 0;
    for (const plan of plans) {
      const given = value[plan.name];
      if (given === undefined || given === null) {
        if (given === null) known++;
        if (plan.absent !== undefined) out[plan.name] = plan.absent();
        continue;
      }
      known++;
      trail.fields[depth] = plan.name;
      trail.items[depth] = undefined;
      const decoded = plan.decode(given, trail);
      if (plan.drop === undefined || !plan.drop(decoded)) out[plan.name] = decoded;
    }
    const keys = Object.keys(value);
    if (keys.length !== known) for (const key of keys) if (!names.has(key)) trail.unknownField(key);
    trail.depth--;
    return out;
  };
}

function planField(name: string, field: FieldSchema): FieldPlan {
  return {
    name,
    decode: elementDecoder(field),
    drop: field.always === true || field.ptr === true ? undefined : dropOf(field),
    absent: field.always === true ? () => absentValue(field) : undefined,
  };
}

function dropOf(field: FieldSchema): FieldPlan['drop'] {
  if (field.array !== undefined) return (value) => (value as unknown[]).length === 0;
  if (field.map !== undefined) return (value) => isEmpty(value as object);
  if (field.scalar === 'string' || field.scalar === 'bytes') return (value) => value === '';
  if (field.scalar === 'bool') return (value) => value === false;
  if (field.scalar === 'int32' || field.scalar === 'int64' || field.scalar === 'float64') return (value) => value === 0;
  return undefined;
}

function isEmpty(map: object): boolean {
  for (const _ in map) return false;
  return true;
}

function absentValue(field: FieldSchema): unknown {
  if (field.ptr === true || field.array !== undefined || field.map !== undefined) return null;
  return zeroOf(field);
}

/** Go's zero value of an element as JSON. */
function zeroOf(element: ElementSchema): unknown {
  if (element.ref !== undefined) return structDecoder(element.ref)({}, new Trail());
  return element.scalar === undefined ? null : (loadSchema().scalars[element.scalar]?.zero ?? null);
}

function elementDecoder(element: ElementSchema): Decode {
  if (element.array !== undefined) return arrayDecoder(element, element.array);
  if (element.map !== undefined) return mapDecoder(element, element.map);
  if (element.ref !== undefined) return structDecoder(element.ref);
  if (element.scalar === undefined) throw new Error('a schema element has no type');
  return element.enum === undefined ? SCALAR_DECODERS[element.scalar] : enumDecoder(goTypeOf(element));
}

function enumDecoder(goType: string): Decode {
  return (value, trail) => {
    if (typeof value !== 'string') throw trail.mismatch(value, goType);
    return value;
  };
}

function arrayDecoder(element: ElementSchema, item: ElementSchema): Decode {
  const decode = elementDecoder(item);
  const goType = goTypeOf(element);
  return (value, trail) => {
    if (!Array.isArray(value)) throw trail.mismatch(value, goType);
    const depth = trail.depth;
    const out: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      const given: unknown = value[i];
      if (depth >= 0) trail.items[depth] = i;
      out.push(given === null || given === undefined ? zeroOf(item) : decode(given, trail));
    }
    return out;
  };
}

function mapDecoder(element: ElementSchema, item: ElementSchema): Decode {
  const decode = elementDecoder(item);
  const goType = goTypeOf(element);
  return (value, trail) => {
    if (!isRecord(value)) throw trail.mismatch(value, goType);
    const depth = trail.depth;
    const out: Record<string, unknown> = {};
    for (const key of sorted(Object.keys(value))) {
      const given = value[key];
      if (depth >= 0) trail.items[depth] = key;
      const decoded = given === null || given === undefined ? zeroOf(item) : decode(given, trail);
      if (key === '__proto__') Object.defineProperty(out, key, { value: decoded, enumerable: true, configurable: true, writable: true });
      else out[key] = decoded;
    }
    return out;
  };
}

/** Go writes maps in the order of their keys. */
function sorted(keys: string[]): string[] {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] ?? '') > (keys[i] ?? '')) return keys.sort();
  return keys;
}

/** Types whose JSON is an object, or else a list or a boolean. */
function compileUnion(typeName: string, type: TypeSchema): Decode {
  const [object, list] = [type.fields?.['Schema'], type.fields?.['JSONSchemas'] ?? type.fields?.['Property']];
  const decodeSchema = object === undefined ? undefined : elementDecoder(object);
  const decodeList = list === undefined ? undefined : elementDecoder(list);
  const goType = goTypeOf({ ref: typeName });
  return (value, trail) => {
    if (Array.isArray(value) && decodeList !== undefined) return decodeList(value, trail);
    if (typeof value === 'boolean' && type.codec === 'schema-or-bool') return value;
    if (!isRecord(value) || decodeSchema === undefined) throw trail.mismatch(value, goType);
    return decodeSchema(value, trail);
  };
}

/** The type's name in Go's error messages. */
function goTypeOf(element: ElementSchema): string {
  if (element.array !== undefined) return `[]${goTypeOf(element.array)}`;
  if (element.map !== undefined) return element.map.scalar === 'quantity' ? 'v1.ResourceList' : `map[string]${goTypeOf(element.map)}`;
  const named = element.ref ?? element.enum;
  if (named !== undefined) return named.split('.').slice(-2).join('.');
  return element.scalar === 'bytes' ? '[]uint8' : (element.scalar ?? 'interface {}');
}
