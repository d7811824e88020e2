import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileSchema } from '../../../../apiserver/custom-resources/compile-schema.ts';
import type { JsonSchema } from '../../../../apiserver/custom-resources/json-schema.ts';
import { texts } from './definitions.ts';

const inSpec = (field: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties: { spec: { type: 'object', properties: { f: field }, ...more } },
});

describe('compileSchema(…).validate', () => {
  const cases: { name: string; schema: JsonSchema; object: object; want: string[] }[] = [
    { name: 'accepts what fits', schema: inSpec({ type: 'integer' }), object: { spec: { f: 1 } }, want: [] },
    {
      name: 'refuses a wrong type',
      schema: inSpec({ type: 'integer' }),
      object: { spec: { f: 'one' } },
      want: ['spec.f: Invalid value: "string": spec.f in body must be of type integer: "string"'],
    },
    {
      name: 'refuses null where the schema is not nullable',
      schema: inSpec({ type: 'string' }),
      object: { spec: { f: null } },
      want: ['spec.f: Invalid value: "null": spec.f in body must be of type string: "null"'],
    },
    { name: 'accepts null where it is', schema: inSpec({ type: 'string', nullable: true }), object: { spec: { f: null } }, want: [] },
    { name: 'takes integers as numbers', schema: inSpec({ type: 'number' }), object: { spec: { f: 3 } }, want: [] },
    {
      name: 'refuses fractions as integers',
      schema: inSpec({ type: 'integer' }),
      object: { spec: { f: 1.5 } },
      want: ['spec.f: Invalid value: "number": spec.f in body must be of type integer: "number"'],
    },
    {
      name: 'names both types of an int-or-string',
      schema: inSpec({ 'x-kubernetes-int-or-string': true }),
      object: { spec: { f: true } },
      want: ['spec.f: Invalid value: "boolean": spec.f in body must be of type integer,string: "boolean"'],
    },
    {
      name: 'asks for required fields',
      schema: inSpec({ type: 'string' }, { required: ['f'] }),
      object: { spec: {} },
      want: ['spec.f: Required value'],
    },
    {
      name: 'asks for required fields at the root',
      schema: { type: 'object', required: ['spec'] },
      object: {},
      want: ['spec: Required value'],
    },
    {
      name: 'lists the choices of an enum',
      schema: inSpec({ type: 'string', enum: ['a', 'b'] }),
      object: { spec: { f: 'c' } },
      want: ['spec.f: Unsupported value: "c": supported values: "a", "b"'],
    },
    {
      name: 'checks bounds',
      schema: inSpec({ type: 'array', items: { type: 'integer', minimum: 1, maximum: 10, exclusiveMaximum: true, multipleOf: 3 } }),
      object: { spec: { f: [0, 10, 9] } },
      want: [
        'spec.f[0]: Invalid value: 0: spec.f[0] in body should be greater than or equal to 1',
        'spec.f[1]: Invalid value: 10: spec.f[1] in body should be a multiple of 3',
        'spec.f[1]: Invalid value: 10: spec.f[1] in body should be less than 10',
      ],
    },
    {
      name: 'checks the range of int32',
      schema: inSpec({ type: 'integer', format: 'int32' }),
      object: { spec: { f: 2 ** 31 } },
      want: ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.f'],
    },
    {
      name: 'counts characters, not UTF-16 units',
      schema: inSpec({ type: 'string', maxLength: 2 }),
      object: { spec: { f: '😀😀' } },
      want: [],
    },
    {
      name: 'checks lengths',
      schema: inSpec({ type: 'array', items: { type: 'string', minLength: 2, maxLength: 3 } }),
      object: { spec: { f: ['a', 'abcd'] } },
      want: [
        'spec.f[0]: Invalid value: "a": spec.f[0] in body should be at least 2 chars long',
        'spec.f[1]: Too long: may not be more than 3 bytes',
      ],
    },
    {
      name: 'checks patterns',
      schema: inSpec({ type: 'string', pattern: '^[a-z]+$' }),
      object: { spec: { f: 'A' } },
      want: [`spec.f: Invalid value: "A": spec.f in body should match '^[a-z]+$'`],
    },
    {
      name: 'refuses a text that a bad pattern takes too long for',
      schema: inSpec({ type: 'string', pattern: '^(a+)+$' }),
      object: { spec: { f: `${'a'.repeat(40)}!` } },
      want: [`spec.f: Invalid value: "${'a'.repeat(40)}!": spec.f in body should match '^(a+)+$'`],
    },
    {
      name: 'checks formats',
      schema: inSpec({ type: 'string', format: 'date-time' }),
      object: { spec: { f: 'today' } },
      want: ['spec.f: Invalid value: "today": spec.f in body must be of type date-time: "today"'],
    },
    {
      name: 'names the format of a value that is no text',
      schema: inSpec({ type: 'string', format: 'date-time' }),
      object: { spec: { f: 5 } },
      want: ['spec.f: Invalid value: "int64": spec.f in body must be of type date-time: "int64"'],
    },
    {
      name: 'ignores formats that nobody knows',
      schema: inSpec({ type: 'string', format: 'flavour' }),
      object: { spec: { f: 'x' } },
      want: [],
    },
    {
      name: 'counts items and properties',
      schema: inSpec({ type: 'array', maxItems: 1, items: { type: 'object', minProperties: 1 } }),
      object: { spec: { f: [{}, { a: 1 }] } },
      want: [
        'spec.f[0]: Invalid value: 1: spec.f[0] in body should have at least 1 properties',
        'spec.f: Too many: 2: must have at most 1 item',
      ],
    },
    {
      name: 'checks the values of maps',
      schema: inSpec({ type: 'object', additionalProperties: { type: 'integer' } }),
      object: { spec: { f: { a: 1, b: 'x' } } },
      want: ['spec.f.b: Invalid value: "string": spec.f.b in body must be of type integer: "string"'],
    },
    {
      name: 'reports the alternative that fits best',
      schema: inSpec({ type: 'string' }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
      object: { spec: {} },
      want: ['<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid', 'spec.a: Required value'],
    },
    {
      name: 'refuses two of oneOf',
      schema: inSpec({ type: 'string', oneOf: [{ minLength: 1 }, { maxLength: 3 }] }),
      object: { spec: { f: 'ab' } },
      want: ['<nil>: Invalid value: "": "spec.f" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    },
    {
      name: 'wants one of anyOf, all of allOf, none of not',
      schema: inSpec({ type: 'integer', anyOf: [{ maximum: 0 }], allOf: [{ minimum: 9 }], not: { enum: [5] } }),
      object: { spec: { f: 5 } },
      want: [
        '<nil>: Invalid value: "": "spec.f" must validate at least one schema (anyOf)',
        'spec.f: Invalid value: 5: spec.f in body should be less than or equal to 0',
        'spec.f: Invalid value: 5: spec.f in body should be greater than or equal to 9',
        '<nil>: Invalid value: "": "spec.f" must validate all the schemas (allOf). None validated',
        '<nil>: Invalid value: "": "spec.f" must not validate the schema (not)',
      ],
    },
    {
      name: 'finds items that a set has twice',
      schema: inSpec({ type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } }),
      object: { spec: { f: ['a', 'b', 'a', 'a'] } },
      want: ['spec.f[2]: Duplicate value: "a"'],
    },
    {
      name: 'finds items of a map with the same keys',
      schema: inSpec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object', properties: { name: { type: 'string' } } },
      }),
      object: { spec: { f: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] } },
      want: ['spec.f[2]: Duplicate value: {"name":"a"}'],
    },
    {
      name: 'checks embedded objects',
      schema: inSpec({ type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true }),
      object: { spec: { f: { apiVersion: 'a/b/c', metadata: { namespace: 'UP' } } } },
      want: [
        'spec.f.kind: Required value',
        'spec.f.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        `spec.f.metadata.namespace: Invalid value: "UP": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      ],
    },
  ];
  for (const { name, schema, object, want } of cases) {
    test(name, () => assert.deepEqual(texts(compileSchema(schema).validate(object)), want));
  }
});

describe('compileSchema(…).validateUpdate', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { a: { type: 'integer', maximum: 1 }, b: { type: 'integer', maximum: 1 } } },
      status: { type: 'object', properties: { n: { type: 'integer' } } },
    },
  };
  const compiled = compileSchema(schema);
  test('leaves alone what was wrong before', () => {
    const errors = compiled.validateUpdate({ spec: { a: 5, b: 6 } }, { spec: { a: 5, b: 7 } });
    assert.deepEqual(texts(errors), ['spec.b: Invalid value: 6: spec.b in body should be less than or equal to 1']);
  });
  test('checks nothing but the status in a status update', () => {
    const errors = compiled.validateStatusUpdate({ spec: { a: 5 }, status: { n: 'x' } }, {});
    assert.deepEqual(texts(errors), ['status.n: Invalid value: "string": n in body must be of type integer: "string"']);
  });
});

describe('compileSchema(…).prune', () => {
  const cases: { name: string; schema: JsonSchema; object: object; want: object; unknown: string[] }[] = [
    {
      name: 'drops fields that are not named, and keeps those of every object',
      schema: inSpec({ type: 'string' }),
      object: { apiVersion: 'a/v1', kind: 'K', metadata: { name: 'n' }, spec: { f: 'x', g: 1 }, other: {} },
      want: { apiVersion: 'a/v1', kind: 'K', metadata: { name: 'n' }, spec: { f: 'x' } },
      unknown: ['other', 'spec.g'],
    },
    {
      name: 'prunes items and values',
      schema: inSpec({
        type: 'array',
        items: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'integer' } } } },
      }),
      object: { spec: { f: [{ k: { a: 1, b: 2 } }] } },
      want: { spec: { f: [{ k: { a: 1 } }] } },
      unknown: ['spec.f[0].k.b'],
    },
    {
      name: 'keeps what is to be preserved, but prunes what is named in it',
      schema: inSpec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'object' } } }),
      object: { spec: { f: { a: { x: 1 }, b: { y: 2 } } } },
      want: { spec: { f: { a: {}, b: { y: 2 } } } },
      unknown: ['spec.f.a.x'],
    },
    {
      name: 'keeps what is unknown in the items of a list that is preserved',
      schema: inSpec({
        type: 'array',
        'x-kubernetes-preserve-unknown-fields': true,
        items: { type: 'object', properties: { a: { type: 'object' } } },
      }),
      object: { spec: { f: [{ a: { x: 1 }, b: 2 }] } },
      want: { spec: { f: [{ a: {}, b: 2 }] } },
      unknown: ['spec.f[0].a.x'],
    },
    {
      name: 'decodes the metadata of embedded objects',
      schema: inSpec({ type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } }),
      object: { spec: { f: { kind: 'K', apiVersion: 'v1', metadata: { name: 'n', bad: 1 }, spec: { x: 1 } } } },
      want: { spec: { f: { kind: 'K', apiVersion: 'v1', metadata: { name: 'n' }, spec: {} } } },
      unknown: ['spec.f.metadata.bad', 'spec.f.spec.x'],
    },
  ];
  for (const { name, schema, object, want, unknown } of cases) {
    test(name, () => {
      const before = structuredClone(object);
      assert.deepEqual(compileSchema(schema).prune(object), { object: want, unknown });
      assert.deepEqual(object, before, 'the input is not changed');
    });
  }
  test('hands back an object that has nothing to prune', () => {
    const object = { spec: { f: 'x' } };
    assert.equal(compileSchema(inSpec({ type: 'string' })).prune(object).object, object);
  });
  test('drops a field with the name of a prototype as any other', () => {
    const object = JSON.parse('{"spec":{"__proto__":{"f":1},"constructor":1}}') as object;
    const pruned = compileSchema(inSpec({ type: 'string' })).prune(object);
    assert.deepEqual(pruned.unknown, ['spec.__proto__', 'spec.constructor']);
    assert.deepEqual(Object.keys((pruned.object as { spec: object }).spec), []);
  });
});

describe('compileSchema(…).fillIn', () => {
  const cases: { name: string; schema: JsonSchema; object: object; want: object }[] = [
    { name: 'fills in a default', schema: inSpec({ type: 'integer', default: 3 }), object: { spec: {} }, want: { spec: { f: 3 } } },
    { name: 'does not make what holds the field', schema: inSpec({ type: 'integer', default: 3 }), object: {}, want: {} },
    {
      name: 'fills in what a default leaves open',
      schema: inSpec({ type: 'object', default: {}, properties: { a: { type: 'string', default: 'x' } } }),
      object: { spec: {} },
      want: { spec: { f: { a: 'x' } } },
    },
    {
      name: 'replaces a null that may not be there',
      schema: inSpec({ type: 'integer', default: 3 }),
      object: { spec: { f: null } },
      want: { spec: { f: 3 } },
    },
    { name: 'drops a null without a default', schema: inSpec({ type: 'integer' }), object: { spec: { f: null } }, want: { spec: {} } },
    {
      name: 'keeps a null where it may be',
      schema: inSpec({ type: 'integer', nullable: true, default: 3 }),
      object: { spec: { f: null } },
      want: { spec: { f: null } },
    },
    {
      name: 'fills in items and values',
      schema: inSpec({
        type: 'array',
        items: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'integer', default: 1 } } } },
      }),
      object: { spec: { f: [{ k: {} }] } },
      want: { spec: { f: [{ k: { a: 1 } }] } },
    },
  ];
  for (const { name, schema, object, want } of cases) {
    test(name, () => {
      const before = structuredClone(object);
      assert.deepEqual(compileSchema(schema).fillIn(object), want);
      assert.deepEqual(object, before, 'the input is not changed');
    });
  }
});
