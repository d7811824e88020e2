import { loadSchema } from '../../shared/api/schema/load-schema.ts';
import type { ElementSchema, FieldSchema, ScalarKind, TypeSchema } from '../../shared/api/schema/schema-document.ts';
import { badRequest } from '../../shared/machinery/api-error.ts';

/** What a message holds, by field number: varints as BigInt, all else as bytes. */
type Wire = bigint | Buffer;

const MAGIC = Buffer.from('k8s\0', 'latin1');
const MAX_DEPTH = 100;
/** Kinds whose type the schema does not name by group and version. */
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/**
 * The JSON value of a body in Kubernetes' protobuf form: four magic bytes, an envelope with apiVersion and kind, the message. Zero values are
 * left as they are on the wire: decoding the value drops them. Throws 400 on bytes that are not that.
 */
export function parseProtobuf(bytes: Buffer): unknown {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const envelope = new Map(readFields(bytes.subarray(MAGIC.length)));
  const meta = new Map(readFields(bufferOf(envelope.get(1))));
  const apiVersion = bufferOf(meta.get(1)).toString();
  const kind = bufferOf(meta.get(2)).toString();
  const type = typeOf(apiVersion, kind);
  if (type === undefined) throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  return { kind, apiVersion, ...(decodeMessage(type, bufferOf(envelope.get(2)), 0) as object) };
}

const types = new Map<string, string>();

function typeOf(apiVersion: string, kind: string): string | undefined {
  if (types.size === 0) {
    for (const row of loadSchema().kinds) types.set(`${row.group === '' ? '' : `${row.group}/`}${row.version}/${row.kind}`, row.type);
  }
  const found = types.get(`${apiVersion}/${kind}`);
  if (found !== undefined) return found;
  return kind === 'DeleteOptions' ? `${META}DeleteOptions` : undefined;
}

type NumberedFields = Map<number, { name: string; field: FieldSchema }>;

interface MessagePlan {
  byNumber: NumberedFields;
  /** Messages whose fields stand among the owner's, by their number. */
  embeds: Map<number, NumberedFields>;
  codec: TypeSchema['codec'];
}

const plans = new Map<string, MessagePlan>();

function planOf(typeName: string): MessagePlan {
  let plan = plans.get(typeName);
  if (plan !== undefined) return plan;
  const { fields = {}, codec } = loadSchema().types[typeName] ?? {};
  plan = { byNumber: new Map(), embeds: new Map(), codec };
  for (const [name, field] of Object.entries(fields)) {
    if (field.proto === undefined) continue;
    if (field.in === undefined) {
      plan.byNumber.set(field.proto, { name, field });
      continue;
    }
    const embedded: NumberedFields = plan.embeds.get(field.in) ?? new Map();
    plan.embeds.set(field.in, embedded.set(field.proto, { name, field }));
  }
  plans.set(typeName, plan);
  return plan;
}

function decodeMessage(typeName: string, bytes: Buffer, depth: number): unknown {
  if (depth > MAX_DEPTH) throw malformed('nested too deep');
  const { byNumber, embeds, codec } = planOf(typeName);
  const out: Record<string, unknown> = {};
  addFields(out, bytes, { byNumber, embeds }, depth);
  if (codec === undefined) return out;
  const { Schema: schema, JSONSchemas: schemas, Property: property, Allows: allows } = out;
  return schema ?? schemas ?? property ?? (codec === 'schema-or-bool' ? (allows ?? false) : null);
}

const NOTHING_EMBEDDED: MessagePlan['embeds'] = new Map();

/** Unknown numbers are from a newer client and left out. */
function addFields(out: Record<string, unknown>, bytes: Buffer, { byNumber, embeds }: Omit<MessagePlan, 'codec'>, depth: number): void {
  for (const [number, value] of readFields(bytes)) {
    const embedded = embeds.get(number);
    if (embedded !== undefined) {
      addFields(out, bufferOf(value), { byNumber: embedded, embeds: NOTHING_EMBEDDED }, depth);
      continue;
    }
    const known = byNumber.get(number);
    if (known !== undefined) addField(out, known.name, known.field, value, depth);
  }
}

function addField(out: Record<string, unknown>, name: string, field: FieldSchema, value: Wire, depth: number): void {
  if (field.array !== undefined && field.wrapped !== true) {
    out[name] ??= [];
    (out[name] as unknown[]).push(decodeElement(field.array, value, depth));
  } else if (field.array !== undefined) {
    const { array } = field;
    out[name] = readFields(bufferOf(value)).map(([, item]) => decodeElement(array, item, depth));
  } else if (field.map !== undefined) {
    const entry = new Map(readFields(bufferOf(value)));
    const key = bufferOf(entry.get(1)).toString();
    const item = entry.get(2);
    const decoded = item === undefined ? zeroOf(field.map) : decodeElement(field.map, item, depth);
    out[name] ??= {};
    Object.defineProperty(out[name] as object, key, { value: decoded, enumerable: true, configurable: true, writable: true });
  } else {
    out[name] = decodeElement(field, value, depth);
  }
}

function zeroOf(element: ElementSchema): unknown {
  if (element.scalar !== undefined) return element.scalar === 'bytes' ? '' : loadSchema().scalars[element.scalar]?.zero;
  return element.array === undefined ? {} : [];
}

function decodeElement(element: ElementSchema, value: Wire, depth: number): unknown {
  if (element.ref !== undefined) return decodeMessage(element.ref, bufferOf(value), depth + 1);
  if (element.array !== undefined) {
    const { array } = element;
    return readFields(bufferOf(value)).map(([, item]) => decodeElement(array, item, depth + 1));
  }
  return decodeScalar(element.scalar ?? 'string', value);
}

function decodeScalar(kind: ScalarKind, value: Wire): unknown {
  switch (kind) {
    case 'string':
      return bufferOf(value).toString();
    case 'bytes':
      return bufferOf(value).toString('base64');
    case 'bool':
      return integerOf(value) !== 0n;
    case 'int32':
      return Number(BigInt.asIntN(32, integerOf(value)));
    case 'int64':
      return Number(BigInt.asIntN(64, integerOf(value)));
    case 'float64':
      if (bufferOf(value).length !== 8) throw malformed('a double must have eight bytes');
      return bufferOf(value).readDoubleLE();
    default:
      return decodeSmallMessage(kind, new Map(readFields(bufferOf(value))));
  }
}

/** Scalars of JSON that are messages of their own on the wire. */
function decodeSmallMessage(kind: ScalarKind, parts: ReadonlyMap<number, Wire>): unknown {
  const numbers = loadSchema().scalars[kind]?.message ?? {};
  const part = (name: string): Wire | undefined => parts.get(numbers[name] ?? -1);
  switch (kind) {
    case 'quantity':
      return bufferOf(part('string')).toString();
    case 'int-or-string':
      if (integerOf(part('type') ?? 0n) === 0n) return Number(BigInt.asIntN(32, integerOf(part('intVal') ?? 0n)));
      return bufferOf(part('strVal')).toString();
    case 'time':
    case 'micro-time':
      return timeText(kind, part('seconds'), part('nanos'));
    case 'duration':
      return `${Number(BigInt.asIntN(64, integerOf(part('duration') ?? 0n))) / 1e9}s`;
    default:
      return rawJson(part('raw'));
  }
}

function timeText(kind: 'time' | 'micro-time', seconds: Wire | undefined, nanos: Wire | undefined): string | null {
  if (seconds === undefined) return null;
  const date = new Date(Number(BigInt.asIntN(64, integerOf(seconds))) * 1000);
  if (Number.isNaN(date.getTime())) throw malformed('a time is out of range');
  const text = date.toISOString().slice(0, 19);
  if (kind === 'time') return text === '0001-01-01T00:00:00' ? null : `${text}Z`;
  const micros = Number(BigInt.asIntN(32, integerOf(nanos ?? 0n))) / 1000;
  return `${text}.${String(Math.floor(micros)).padStart(6, '0')}Z`;
}

function rawJson(raw: Wire | undefined): unknown {
  if (raw === undefined) return null;
  try {
    return JSON.parse(bufferOf(raw).toString()) as unknown;
  } catch {
    throw malformed('an embedded object is not JSON');
  }
}

function readFields(bytes: Buffer): [number, Wire][] {
  const fields: [number, Wire][] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw malformed('unexpected end');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw malformed('integer overflow');
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw malformed('unexpected end');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag % 8;
    const number = Math.floor(tag / 8);
    if (wire === 0) fields.push([number, varint()]);
    else if (wire === 1) fields.push([number, take(8)]);
    else if (wire === 2) fields.push([number, take(Number(varint()))]);
    else if (wire === 5) fields.push([number, take(4)]);
    else throw malformed(`wire type ${wire} is not used`);
  }
  return fields;
}

function bufferOf(value: Wire | undefined): Buffer {
  if (value === undefined) return Buffer.alloc(0);
  if (typeof value === 'bigint') throw malformed('bytes expected');
  return value;
}

function integerOf(value: Wire): bigint {
  if (typeof value !== 'bigint') throw malformed('an integer expected');
  return value;
}

function malformed(why: string): Error {
  return badRequest(`unable to decode the protobuf body: ${why}`);
}
