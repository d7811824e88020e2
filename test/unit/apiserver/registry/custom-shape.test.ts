import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { customShape } from '../../../../apiserver/registry/custom-shape.ts';
import { toFieldSet } from '../../../../shared/machinery/apply/to-field-set.ts';
import { configErrors } from '../../../../shared/machinery/apply/validate-config.ts';

const shape = customShape({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        port: { 'x-kubernetes-int-or-string': true },
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        rules: {
          type: 'array',
          items: {
            type: 'object',
            properties: { name: { type: 'string' }, on: { type: 'boolean' }, kind: { type: 'string', default: 'K' } },
          },
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name', 'kind'],
        },
        plain: { type: 'array', items: { type: 'integer' } },
        whole: { type: 'object', properties: { a: { type: 'string' } }, 'x-kubernetes-map-type': 'atomic' },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
});

describe('customShape', () => {
  const cases: { name: string; spec: object; want: object }[] = [
    { name: 'has fields one by one', spec: { size: 1, port: '80' }, want: { 'f:size': {}, 'f:port': {} } },
    { name: 'has sets by value', spec: { tags: ['a'] }, want: { 'f:tags': { 'v:"a"': {} } } },
    { name: 'has maps by keys, with their defaults', spec: { rules: [{ name: 'a', on: true }] }, want: { 'f:rules': { 'k:{"kind":"K","name":"a"}': { '.': {}, 'f:name': {}, 'f:on': {} } } } },
    { name: 'has other lists and atomic maps as a whole', spec: { plain: [1], whole: { a: '1' } }, want: { 'f:plain': {}, 'f:whole': {} } },
    { name: 'has the keys of maps', spec: { labels: { a: '1' } }, want: { 'f:labels': { 'f:a': {} } } },
    { name: 'goes by the values where the schema is open', spec: { free: { a: { b: 1 }, c: [1] } }, want: { 'f:free': { 'f:a': { '.': {}, 'f:b': {} }, 'f:c': {} } } },
  ]; // biome-ignore format: a table
  for (const { name, spec, want } of cases) test(name, () => assert.deepEqual(toFieldSet(shape, { spec }), { 'f:spec': want }));

  test('refuses what is not in the schema', () => {
    const config = { apiVersion: 'g/v1', kind: 'K', metadata: { name: 'a' }, spec: { size: 'x', odd: 1 } };
    assert.equal(
      configErrors(shape, config),
      'errors:\n  .spec.size: expected numeric (int or float), got &value.valueUnstructured{Value:"x"}\n  .spec.odd: field not declared in schema',
    );
  });
});
