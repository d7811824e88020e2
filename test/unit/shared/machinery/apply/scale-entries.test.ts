import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ManagedFieldsEntry } from '../../../../../shared/machinery/apply/managed-fields.ts';
import { parentEntries, scaleEntries } from '../../../../../shared/machinery/apply/scale-entries.ts';

const paths = new Map([['apps/v1', ['f:spec', 'f:replicas']]]);
const REPLICAS = { 'f:spec': { 'f:replicas': {} } };
const entry = (manager: string, fieldsV1: object, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Apply',
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1: fieldsV1 as Record<string, unknown>,
  ...more,
});
const one = entry('one', { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } });
const two = entry('two', { 'f:spec': { 'f:paused': {} } });
const inScale: Partial<ManagedFieldsEntry> = { operation: 'Update', subresource: 'scale', apiVersion: 'autoscaling/v1' };

describe('scale entries', () => {
  test('are of those who own the replicas', () => {
    assert.deepEqual(scaleEntries([one, two], paths), [entry('one', REPLICAS, { apiVersion: 'autoscaling/v1' })]);
  });
  test('go back as they were when nobody wrote', () => {
    assert.deepEqual(parentEntries([one, two], scaleEntries([one, two], paths), { apiVersion: 'apps/v1', paths }), [one, two]);
  });
  test('take the replicas from the owner before', () => {
    const after = parentEntries([one, two], [entry('hpa', REPLICAS, inScale)], { apiVersion: 'apps/v1', paths });
    assert.deepEqual(after, [
      entry('one', { 'f:spec': { 'f:paused': {} } }),
      two,
      entry('hpa', REPLICAS, { operation: 'Update', subresource: 'scale' }),
    ]);
  });
});
