import type { Schema } from './definitions.ts';

/**
 * An OpenAPI 2 document in the protobuf form that clients before Kubernetes 1.28 insist on. Writes what our own documents contain, no more.
 * Source: field numbers of gnostic's OpenAPIv2.proto.
 */
export function encodeOpenApiV2(document: Schema): Buffer {
  return message(document, DOCUMENT);
}

/** Writes the value of one field, tag and all. */
type Field = (value: unknown) => Buffer;
interface Message {
  fields: Readonly<Record<string, Field>>;
  /** Number of the field that takes what is called `x-…`. */
  extensions?: number;
}

const LENGTH_DELIMITED = 2;
const VARINT = 0;
const DOUBLE = 1;

const PARAMETER = (value: unknown): Buffer => bytes(1, parameter(value as Schema));
const INFO: Message = { fields: { title: text(1), version: text(2) } };

const SCHEMA: Message = {
  fields: {
    $ref: text(1),
    format: text(2),
    title: text(3),
    description: text(4),
    default: anyValue(5),
    multipleOf: double(6),
    maximum: double(7),
    exclusiveMaximum: flag(8),
    minimum: double(9),
    exclusiveMinimum: flag(10),
    maxLength: integer(11),
    minLength: integer(12),
    pattern: text(13),
    maxItems: integer(14),
    minItems: integer(15),
    uniqueItems: flag(16),
    maxProperties: integer(17),
    minProperties: integer(18),
    required: each(text(19)),
    enum: each(anyValue(20)),
    example: anyValue(30),
    additionalProperties: (value) => bytes(21, typeof value === 'boolean' ? flag(2)(value) : bytes(1, message(value, SCHEMA))),
    type: (value) => bytes(22, each(text(1))([value].flat())),
    items: (value) => bytes(23, bytes(1, message(value, SCHEMA))),
    properties: (value) => bytes(25, named(1, SCHEMA)(value)),
  },
  extensions: 31,
};
const BODY_PARAMETER: Message = {
  fields: { description: text(1), name: text(2), in: text(3), required: flag(4), schema: nested(5, SCHEMA) },
  extensions: 6,
};
const QUERY_PARAMETER: Message = {
  fields: { required: flag(1), in: text(2), description: text(3), name: text(4), type: text(6), format: text(7), uniqueItems: flag(20) },
  extensions: 23,
};
const PATH_PARAMETER: Message = {
  fields: { required: flag(1), in: text(2), description: text(3), name: text(4), type: text(5), format: text(6), uniqueItems: flag(19) },
  extensions: 22,
};
const RESPONSE: Message = { fields: { description: text(1), schema: (value) => bytes(2, bytes(1, message(value, SCHEMA))) } };
const RESPONSE_VALUE: Message = { fields: { '': nested(1, RESPONSE) } };
const OPERATION: Message = {
  fields: {
    tags: each(text(1)),
    summary: text(2),
    description: text(3),
    operationId: text(5),
    produces: each(text(6)),
    consumes: each(text(7)),
    parameters: each((value) => bytes(8, PARAMETER(value))),
    responses: (value) => bytes(9, named(1, RESPONSE_VALUE)(mapValues(value, (response) => ({ '': response })))),
    schemes: each(text(10)),
    deprecated: flag(11),
  },
  extensions: 13,
};
const PATH_ITEM: Message = {
  fields: {
    get: nested(2, OPERATION),
    put: nested(3, OPERATION),
    post: nested(4, OPERATION),
    delete: nested(5, OPERATION),
    options: nested(6, OPERATION),
    head: nested(7, OPERATION),
    patch: nested(8, OPERATION),
    parameters: each((value) => bytes(9, PARAMETER(value))),
  },
  extensions: 10,
};
const DOCUMENT: Message = {
  fields: {
    swagger: text(1),
    info: nested(2, INFO),
    host: text(3),
    basePath: text(4),
    paths: (value) => bytes(8, named(2, PATH_ITEM)(value)),
    definitions: (value) => bytes(9, named(1, SCHEMA)(value)),
  },
  extensions: 16,
};

/** Keys that the message has no field for are left out. */
function message(value: unknown, { fields, extensions }: Message): Buffer {
  const parts: Buffer[] = [];
  for (const [key, item] of Object.entries(value as Schema)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (item === undefined) continue;
    if (field !== undefined) parts.push(field(item));
    else if (extensions !== undefined && key.startsWith('x-'))
      parts.push(bytes(extensions, Buffer.concat([text(1)(key), anyValue(2)(item)])));
  }
  return Buffer.concat(parts);
}

function parameter(value: Schema): Buffer {
  if (value.in === 'body') return bytes(1, message(value, BODY_PARAMETER));
  return bytes(2, value.in === 'path' ? bytes(4, message(value, PATH_PARAMETER)) : bytes(3, message(value, QUERY_PARAMETER)));
}

function nested(number: number, type: Message): Field {
  return (value) => bytes(number, message(value, type));
}

/** A map as repeated messages of name and value. */
function named(number: number, type: Message): Field {
  return (value) =>
    Buffer.concat(
      Object.entries(value as Schema).map(([key, item]) => bytes(number, Buffer.concat([text(1)(key), bytes(2, message(item, type))]))),
    );
}

function each(field: Field): Field {
  return (value) => Buffer.concat((value as unknown[]).map(field));
}

/** A value without a type of its own travels as YAML, of which JSON is a part. */
function anyValue(number: number): Field {
  return (value) => bytes(number, text(2)(JSON.stringify(value)));
}

function text(number: number): Field {
  return (value) => bytes(number, Buffer.from(String(value)));
}

function flag(number: number): Field {
  return (value) => (value === true ? Buffer.concat([tag(number, VARINT), varint(1)]) : Buffer.alloc(0));
}

function integer(number: number): Field {
  return (value) => Buffer.concat([tag(number, VARINT), varint(Math.max(0, Number(value)))]);
}

function double(number: number): Field {
  return (value) => {
    const encoded = Buffer.alloc(8);
    encoded.writeDoubleLE(Number(value));
    return Buffer.concat([tag(number, DOUBLE), encoded]);
  };
}

function bytes(number: number, content: Buffer): Buffer {
  return Buffer.concat([tag(number, LENGTH_DELIMITED), varint(content.length), content]);
}

function tag(number: number, wireType: number): Buffer {
  return varint(number * 8 + wireType);
}

function varint(value: number): Buffer {
  const encoded: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) encoded.push((rest % 0x80) | 0x80);
  encoded.push(rest);
  return Buffer.from(encoded);
}

function mapValues(value: unknown, change: (item: unknown) => unknown): Schema {
  return Object.fromEntries(Object.entries(value as Schema).map(([key, item]) => [key, change(item)]));
}
