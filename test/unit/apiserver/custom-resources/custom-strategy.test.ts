import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileSchema } from '../../../../apiserver/custom-resources/compile-schema.ts';
import { CustomCodec } from '../../../../apiserver/custom-resources/custom-codec.ts';
import { customStrategy } from '../../../../apiserver/custom-resources/custom-strategy.ts';
import { resourceRow } from '../../../../apiserver/custom-resources/resource-rows.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';
import { ApiError } from '../../../../shared/machinery/api-error.ts';
import { definition, texts } from './definitions.ts';

const made = definition({
  schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { replicas: { type: 'integer', default: 1 }, color: { type: 'string' }, other: { type: 'string' } },
      },
      status: { type: 'object', properties: { replicas: { type: 'integer' } } },
    },
  },
  version: {
    subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
    selectableFields: [{ jsonPath: '.spec.color' }],
  },
});
const [version] = made.spec.versions;
if (version === undefined) throw new Error('a definition has a version');
const compiled = compileSchema(version.schema?.openAPIV3Schema ?? {});
const strategy = customStrategy(version, compiled);
const codec = new CustomCodec(resourceRow(made, version), compiled);
const context = { now: 0, namespace: 'default', user: { name: 'u', groups: [] } };
const widget = (parts: object): UntypedObject => ({ metadata: { name: 'w' }, ...parts }) as unknown as UntypedObject;

describe('CustomCodec.decode', () => {
  test('prunes, fills in and sorts', () => {
    const body = {
      spec: { other: 'x', color: 'red', size: 1 },
      metadata: { name: 'w', colour: 1, creationTimestamp: null },
      kind: 'Widget',
      extra: 1,
    };
    const { object, problems } = codec.decode(body);
    assert.deepEqual(object, {
      kind: 'Widget',
      apiVersion: 'example.com/v1',
      metadata: { name: 'w' },
      spec: { color: 'red', other: 'x', replicas: 1 },
    });
    assert.deepEqual(Object.keys(object.spec as object), ['color', 'other', 'replicas']);
    assert.deepEqual(problems, ['unknown field "extra"', 'unknown field "spec.size"', 'unknown field "metadata.colour"']);
  });
  test('refuses metadata of the wrong type', () => {
    assert.throws(
      () => codec.decode({ metadata: { name: 'w', labels: { a: 1 } } }),
      (error: unknown) => {
        assert.ok(error instanceof ApiError);
        assert.equal(error.code, 400);
        assert.match(error.message, /^Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal number/);
        return true;
      },
    );
  });
  test('refuses what is nested too deeply', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`) as unknown;
    assert.throws(() => codec.decode({ spec: deep }), /exceeded max depth/);
  });
});

describe('CustomCodec.fromStored', () => {
  test('hands back what is as it should be', () => {
    const stored = widget({ kind: 'Widget', apiVersion: 'example.com/v1', spec: { replicas: 2 } });
    assert.equal(codec.fromStored(stored), stored);
  });
  test('brings what was stored under another version and schema up to date', () => {
    const stored = widget({ kind: 'Widget', apiVersion: 'example.com/v1alpha1', spec: { gone: true } });
    assert.deepEqual(codec.fromStored(stored), widget({ kind: 'Widget', apiVersion: 'example.com/v1', spec: { replicas: 1 } }));
  });
});

describe('customStrategy', () => {
  test('keeps the status away from creates and updates', () => {
    const created = widget({ spec: {}, status: { replicas: 1 } });
    strategy.prepareForCreate?.(created, context);
    assert.deepEqual(created, widget({ spec: {} }));
    const updated = widget({ spec: {}, status: { replicas: 9 } });
    strategy.prepareForUpdate?.(updated, widget({ spec: {}, status: { replicas: 1 } }), context);
    assert.deepEqual(updated, widget({ spec: {}, status: { replicas: 1 } }));
  });
  test('changes nothing but the status in a status update', () => {
    const old = widget({ spec: { color: 'red' } });
    const updated = {
      ...widget({ spec: { color: 'blue' }, status: { replicas: 1 } }),
      metadata: { name: 'w', labels: { a: 'b' } },
    } as unknown as UntypedObject;
    strategy.prepareForStatusUpdate?.(updated, old, context);
    assert.deepEqual(updated, widget({ spec: { color: 'red' }, status: { replicas: 1 } }));
  });
  test('counts every change but those of the metadata', () => {
    const old = widget({ spec: { color: 'red', other: 'x' } });
    const changes = [{ spec: { other: 'x', color: 'red' } }, { spec: { color: 'blue' } }, { spec: { color: 'red', other: 'x' }, data: 1 }];
    assert.deepEqual(
      changes.map((change) => strategy.countsAsChange?.(widget(change), old)),
      [false, true, true],
    );
  });
  test('checks the replicas behind scale', () => {
    assert.deepEqual(texts(strategy.validate?.(widget({ spec: { replicas: -1 }, status: { replicas: 2 ** 31 } }), context) ?? []), [
      '.spec.replicas: Invalid value: -1: should be a non-negative integer',
      '.status.replicas: Invalid value: 2147483648: should be less than or equal to 2147483647',
    ]);
  });
  test('selects by fields of the definition', () => {
    assert.deepEqual(strategy.selectableFields?.(widget({ spec: { color: 'red' } })), { 'spec.color': 'red' });
    assert.deepEqual(strategy.selectableFields?.(widget({})), { 'spec.color': '' });
  });
  test('warns of finalizers without a domain', () => {
    const object = { metadata: { name: 'w', finalizers: ['plain', 'example.com/fine'] } } as unknown as UntypedObject;
    assert.deepEqual(strategy.warnings?.(object), [
      'metadata.finalizers: "plain": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers',
    ]);
  });
});
