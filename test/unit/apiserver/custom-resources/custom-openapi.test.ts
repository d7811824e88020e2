import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { customOpenApi } from '../../../../apiserver/custom-resources/custom-openapi.ts';
import { definitionWarnings } from '../../../../apiserver/custom-resources/definition-warnings.ts';
import { resourceRows } from '../../../../apiserver/custom-resources/resource-rows.ts';
import { documentV2 } from '../../../../apiserver/openapi/document.ts';
import { definition } from './definitions.ts';

describe('customOpenApi', () => {
  test('gives embedded resources the fields of all objects', () => {
    const schema = {
      type: 'object',
      properties: { pod: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } } },
    };
    const { properties } = customOpenApi(schema) as { properties: { pod: { properties: object } } };
    assert.deepEqual(Object.keys(properties.pod.properties), ['apiVersion', 'kind', 'metadata', 'spec']);
  });

  test('OpenAPI 2 leaves out what kubectl cannot read, but no field for its name', () => {
    const schema = {
      type: 'object',
      properties: {
        any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
        none: { type: 'string', nullable: true },
        port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
        oneOf: { type: 'object', properties: { not: { type: 'array', items: { type: 'string' } }, nullable: { type: 'boolean' } } },
      },
    };
    const document = documentV2(resourceRows(definition()), () => customOpenApi(schema)) as {
      definitions: Record<string, { properties: object }>;
    };
    const published: Record<string, unknown> = { ...document.definitions['com.example.v1.Widget']?.properties };
    const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...properties } = published;
    assert.deepEqual(properties, {
      any: { 'x-kubernetes-preserve-unknown-fields': true },
      none: {},
      port: { 'x-kubernetes-int-or-string': true },
      oneOf: { type: 'object', properties: { not: { type: 'array', items: { type: 'string' } }, nullable: { type: 'boolean' } } },
    });
  });
});

describe('definitionWarnings', () => {
  const withFormat = (format: string): ReturnType<typeof definition> =>
    definition({ schema: { type: 'object', properties: { a: { type: 'string', format }, b: { type: 'integer', format: 'int32' } } } });
  test('names formats that nobody checks, once', () => {
    assert.deepEqual(definitionWarnings(withFormat('flavour')), ['unrecognized format "flavour"']);
    assert.deepEqual(definitionWarnings(withFormat('flavour'), withFormat('flavour')), []);
    assert.deepEqual(definitionWarnings(withFormat('date-time')), []);
  });
});
