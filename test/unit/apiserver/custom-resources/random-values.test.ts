import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compileSchema } from '../../../../apiserver/custom-resources/compile-schema.ts';
import type { JsonSchema } from '../../../../apiserver/custom-resources/json-schema.ts';
import { sortKeys } from '../../../../apiserver/custom-resources/sort-keys.ts';

const any: JsonSchema = {
  type: 'object',
  properties: {
    s: { type: 'string', maxLength: 3, pattern: '^(a|b)+$', default: 'a' },
    i: { type: 'integer', format: 'int32', minimum: 0, multipleOf: 2 },
    n: { type: 'number', nullable: true, default: 1 },
    x: { 'x-kubernetes-int-or-string': true },
    l: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', required: ['k'], properties: { k: { type: 'string' }, v: { type: 'integer', default: 0 } } },
    },
    m: { type: 'object', additionalProperties: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } } },
    p: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    o: { type: 'object', properties: { a: { type: 'string' } }, oneOf: [{ required: ['a'] }, { maxProperties: 0 }] },
  },
};
const compiled = compileSchema({ type: 'object', properties: { spec: any, status: any } });
const names = ['spec', 'status', 's', 'i', 'n', 'x', 'l', 'm', 'p', 'o', 'a', 'k', 'v', '__proto__', 'constructor', '0'];
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, 0, 1, 2.5, -4, 2 ** 40, '', 'a', 'abab', 'x'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 5 }).map((entries) => {
      const text = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
      return JSON.parse(`{${text.join(',')}}`) as unknown; // so that `__proto__` is a field
    }),
  ),
}));
const objects = fc.record({ spec: values, status: values }, { requiredKeys: [], noNullPrototype: true });

describe('a compiled schema, given any value', () => {
  test('changes nothing, and finds nothing more to do in what it made', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const before = JSON.stringify(object);
        const { object: pruned } = compiled.prune(object);
        const filled = compiled.fillIn(pruned);
        const sorted = sortKeys(filled);
        assert.equal(JSON.stringify(object), before);
        assert.deepEqual(compiled.prune(filled).unknown, []);
        assert.equal(compiled.fillIn(filled), filled);
        assert.equal(sortKeys(sorted), sorted);
      }),
      { numRuns: 300 },
    );
  });
  test('refuses no update that changes nothing', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const errors = compiled.validate(object);
        for (const { field, message } of errors) assert.ok(field !== '' && message !== '');
        assert.deepEqual(compiled.validateUpdate(object, structuredClone(object)), []);
      }),
      { numRuns: 300 },
    );
  });
});
