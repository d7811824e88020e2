import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { UntypedObject } from '../../../../../shared/api/meta.ts';
import { ApiError } from '../../../../../shared/machinery/api-error.ts';
import { applyPatch } from '../../../../../shared/machinery/patch/apply-patch.ts';

const TYPE = 'io.k8s.api.core.v1.ConfigMap';
const original = { metadata: { name: 'a' }, data: { x: '1' } } as unknown as UntypedObject;

describe('applyPatch', () => {
  test('goes by the media type, whatever its parameters', () => {
    const want = { metadata: { name: 'a' }, data: { x: '2' } };
    assert.deepEqual(applyPatch('application/merge-patch+json; charset=utf-8', TYPE, original, { data: { x: '2' } }), want);
    assert.deepEqual(applyPatch('application/strategic-merge-patch+json', TYPE, original, { data: { x: '2' } }), want);
    assert.deepEqual(
      applyPatch('application/json-patch+json', undefined, original, [{ op: 'replace', path: '/data/x', value: '2' }]),
      want,
    );
  });
  test('has no strategic merge for custom resources', () => {
    assert.throws(() => applyPatch('application/strategic-merge-patch+json', undefined, original, {}), {
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    });
  });
  test('refuses patches that are no objects, and results that are none', () => {
    assert.throws(() => applyPatch('application/merge-patch+json', TYPE, original, ['x']), {
      message: 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    });
    assert.throws(() => applyPatch('application/json-patch+json', TYPE, original, [{ op: 'replace', path: '', value: 1 }]), {
      message: 'json: cannot unmarshal number into Go value of type map[string]interface {}',
    });
  });
  test('answers 400 for what is too deep', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
    for (const type of ['application/merge-patch+json', 'application/strategic-merge-patch+json']) {
      assert.throws(() => applyPatch(type, TYPE, original, deep), { message: 'exceeded max depth' });
    }
    assert.throws(() => applyPatch('application/json-patch+json', TYPE, original, [{ op: 'add', path: '/data', value: deep }]), {
      message: 'exceeded max depth',
    });
  });

  test('changes neither object nor patch, and fails only with an ApiError', () => {
    const key = fc.constantFrom(
      'metadata',
      'spec',
      'containers',
      'name',
      'finalizers',
      'labels',
      '$patch',
      '$retainKeys',
      '$setElementOrder/containers',
      '$deleteFromPrimitiveList/finalizers',
      '__proto__',
      'toString',
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, 1, 'a', 'delete', 'replace', 'merge'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    const type = fc.constantFrom('strategic-merge-patch', 'merge-patch', 'json-patch');
    fc.assert(
      fc.property(fc.dictionary(key, value), value, type, (object, patch, kind) => {
        const before = JSON.stringify([object, patch]);
        try {
          applyPatch(`application/${kind}+json`, 'io.k8s.api.core.v1.Pod', object as unknown as UntypedObject, patch);
        } catch (error) {
          assert.ok(error instanceof ApiError);
        }
        assert.equal(JSON.stringify([object, patch]), before);
      }),
      { numRuns: 1_000 },
    );
  });
});
