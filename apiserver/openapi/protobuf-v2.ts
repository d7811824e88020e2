import { BackwardWriter } from './backward-writer.ts';
import type { Schema } from './definitions.ts';

/**
 * An OpenAPI 2 document in the protobuf form that clients before Kubernetes 1.28 insist on. Writes what our own documents contain, no more.
 * Source: field numbers of gnostic's OpenAPIv2.proto.
 */
export function encodeOpenApiV2(document: Schema): Buffer {
  const out = new BackwardWriter();
  message(out, document, DOCUMENT);
  return out.content();
}

/** Writes the value of one field, tag and all. */
type Field = (out: BackwardWriter, value: unknown) => void;
interface Message {
  fields: Readonly<Record<string, Field>>;
  /** Number of the field that takes what is called `x-…`. */
  extensions?: number;
}

const LENGTH_DELIMITED = 2;
const VARINT = 0;
const DOUBLE = 1;

const ANY_VALUE = anyValue(2);
const PARAMETER: Field = (out, value) => bytes(out, 1, () => parameter(out, value as Schema));
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
    additionalProperties: within(21, (out, value) => (typeof value === 'boolean' ? flag(2)(out, value) : nested(1, SCHEMA)(out, value))),
    type: within(22, (out, value) => each(text(1))(out, [value].flat())),
    items: within(23, (out, value) => nested(1, SCHEMA)(out, value)),
    properties: within(25, (out, value) =>
      named(
        1,
        body(() => SCHEMA),
      )(out, value),
    ),
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
const RESPONSE: Message = { fields: { description: text(1), schema: within(2, nested(1, SCHEMA)) } };
const OPERATION: Message = {
  fields: {
    tags: each(text(1)),
    summary: text(2),
    description: text(3),
    operationId: text(5),
    produces: each(text(6)),
    consumes: each(text(7)),
    parameters: each(within(8, PARAMETER)),
    responses: within(
      9,
      named(
        1,
        within(
          1,
          body(() => RESPONSE),
        ),
      ),
    ),
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
    parameters: each(within(9, PARAMETER)),
  },
  extensions: 10,
};
const DOCUMENT: Message = {
  fields: {
    swagger: text(1),
    info: nested(2, INFO),
    host: text(3),
    basePath: text(4),
    paths: within(
      8,
      named(
        2,
        body(() => PATH_ITEM),
      ),
    ),
    definitions: within(
      9,
      named(
        1,
        body(() => SCHEMA),
      ),
    ),
  },
  extensions: 16,
};

/** Keys that the message has no field for are left out. */
function message(out: BackwardWriter, value: unknown, { fields, extensions }: Message): void {
  for (const [key, item] of Object.entries(value as Schema).reverse()) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (item === undefined) continue;
    if (field !== undefined) field(out, item);
    else if (extensions !== undefined && key.startsWith('x-')) pair(out, extensions, key, () => ANY_VALUE(out, item));
  }
}

function parameter(out: BackwardWriter, value: Schema): void {
  const [number, type] = value.in === 'body' ? [1, BODY_PARAMETER] : value.in === 'path' ? [4, PATH_PARAMETER] : [3, QUERY_PARAMETER];
  if (number === 1) bytes(out, 1, () => message(out, value, type));
  else bytes(out, 2, () => bytes(out, number, () => message(out, value, type)));
}

/** The fields of a message, without a frame. Asked for late, as schemas hold schemas. */
function body(type: () => Message): Field {
  return (out, value) => message(out, value, type());
}

function within(number: number, content: Field): Field {
  return (out, value) => bytes(out, number, () => content(out, value));
}

function nested(number: number, type: Message): Field {
  return (out, value) => bytes(out, number, () => message(out, value, type));
}

/** A map as repeated messages of name and value. */
function named(number: number, content: Field): Field {
  return (out, value) => {
    for (const [key, item] of Object.entries(value as Schema).reverse())
      pair(out, number, key, () => bytes(out, 2, () => content(out, item)));
  };
}

function pair(out: BackwardWriter, number: number, name: string, writeValue: () => void): void {
  bytes(out, number, () => {
    writeValue();
    bytes(out, 1, () => out.text(name));
  });
}

function each(field: Field): Field {
  return (out, value) => {
    for (const item of (value as unknown[]).toReversed()) field(out, item);
  };
}

/** A value without a type of its own travels as YAML, of which JSON is a part. */
function anyValue(number: number): Field {
  return (out, value) => bytes(out, number, () => bytes(out, 2, () => out.text(JSON.stringify(value))));
}

function text(number: number): Field {
  return (out, value) => bytes(out, number, () => out.text(String(value)));
}

function flag(number: number): Field {
  return (out, value) => {
    if (value === true) integer(number)(out, 1);
  };
}

function integer(number: number): Field {
  return (out, value) => {
    out.varint(Math.max(0, Number(value)));
    out.varint(number * 8 + VARINT);
  };
}

function double(number: number): Field {
  return (out, value) => {
    out.double(Number(value));
    out.varint(number * 8 + DOUBLE);
  };
}

function bytes(out: BackwardWriter, number: number, writeContent: () => void): void {
  const before = out.length;
  writeContent();
  out.varint(out.length - before);
  out.varint(number * 8 + LENGTH_DELIMITED);
}
