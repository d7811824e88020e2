import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseProtobuf } from '../../../../apiserver/encoding/protobuf.ts';

const field = (number: number, bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes);
  return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
};
const varint = (number: number, value: number): Buffer => Buffer.from([number << 3, value]);
const envelope = (apiVersion: string, kind: string, message: Buffer): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), field(1, Buffer.concat([field(1, apiVersion), field(2, kind)])), field(2, message)]);

describe('parseProtobuf', () => {
  test('reads an object by the numbers of its fields', () => {
    const metadata = Buffer.concat([field(1, 'a'), field(11, Buffer.concat([field(1, 'k'), field(2, 'v')])), field(8, varint(1, 1))]);
    const message = Buffer.concat([field(1, metadata), field(2, Buffer.concat([field(1, 'x'), field(2, 'y')])), varint(4, 1)]);
    assert.deepEqual(parseProtobuf(envelope('v1', 'ConfigMap', message)), {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'a', labels: { k: 'v' }, creationTimestamp: '1970-01-01T00:00:01Z' },
      data: { x: 'y' },
      immutable: true,
    });
  });

  test('puts the fields of an embedded message among those of its owner', () => {
    const volume = Buffer.concat([field(1, 'v'), field(2, field(2, field(1, 'Memory')))]);
    const pod = parseProtobuf(envelope('v1', 'Pod', field(2, field(1, volume)))) as { spec: object };
    assert.deepEqual(pod.spec, { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] });
  });

  const bad = [
    { name: 'no magic bytes', bytes: Buffer.from('{}') },
    { name: 'an unknown kind', bytes: envelope('v1', 'Thing', Buffer.alloc(0)) },
    { name: 'a length beyond the end', bytes: envelope('v1', 'ConfigMap', Buffer.from([0x0a, 0x7f])) },
    { name: 'an integer without an end', bytes: envelope('v1', 'ConfigMap', Buffer.from([0x20, 0xff])) },
    { name: 'a text where a message belongs', bytes: envelope('v1', 'ConfigMap', varint(1, 1)) },
  ];
  for (const { name, bytes } of bad) test(`refuses ${name}`, () => assert.throws(() => parseProtobuf(bytes), { code: 400 }));
});
