import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CachedObject } from '../../../../apiserver/storage/watch-cache-object.ts';

const stored = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { name: 'ä', namespace: 'n', uid: 'u-1', labels: { a: '"uid":"' } },
  data: { x: 'é' },
};
const value = Buffer.from(JSON.stringify(stored));
const cached = new CachedObject({ key: '/registry/configmaps/n/ä', prefixLength: '/registry/configmaps/'.length, value, revision: 7 });

describe('CachedObject', () => {
  test('has its version behind the uid', () => {
    assert.match(cached.bytes.toString(), /"uid":"u-1","resourceVersion":"7",/);
    assert.deepEqual(cached.object, { ...stored, metadata: { ...stored.metadata, resourceVersion: '7' } });
    assert.deepEqual([cached.namespace, cached.name], ['n', 'ä']);
  });

  test('knows its stored form', () => {
    assert.equal(cached.hasValue(value), true);
    assert.equal(cached.hasValue(Buffer.from(value.toString().replace('é', 'è'))), false);
    assert.equal(cached.hasValue(Buffer.from(value.toString().replace('u-1', 'u-2'))), false);
  });

  test('can be told as of a later version', () => {
    const later = cached.at(12345);
    assert.deepEqual(
      [later.object.metadata.resourceVersion, later.key, later.namespace, later.hasValue(value)],
      ['12345', cached.key, 'n', true],
    );
  });

  test('takes what somebody else has stored without a uid', () => {
    const foreign = new CachedObject({
      key: '/registry/nodes/n',
      prefixLength: 16,
      value: Buffer.from('{"kind":"Node","metadata":{"name":"n"}}'),
      revision: 3,
    });
    assert.equal(foreign.object.metadata.resourceVersion, '3');
  });
});
