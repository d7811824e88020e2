import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PodIpPool } from '../../../../kubelet/network/pod-ip.ts';

describe('PodIpPool', () => {
  test('gives each pod an address of its own, and the same one again', () => {
    const pool = new PodIpPool('127.100.1.0/24');
    assert.deepEqual([pool.allocate('a'), pool.allocate('b'), pool.allocate('a')], ['127.100.1.2', '127.100.1.3', '127.100.1.2']);
  });
  test('does not give away what a surviving pod has', () => {
    const pool = new PodIpPool('127.100.1.0/24');
    pool.adopt('old', '127.100.1.2');
    assert.deepEqual([pool.allocate('new'), pool.allocate('old')], ['127.100.1.3', '127.100.1.2']);
  });
  test('reuses a released address as late as can be', () => {
    const pool = new PodIpPool('10.0.0.0/29');
    const first = ['a', 'b'].map((pod) => pool.allocate(pod));
    pool.release('a');
    assert.deepEqual(
      [first, pool.allocate('c'), pool.allocate('d'), pool.allocate('e')],
      [['10.0.0.2', '10.0.0.3'], '10.0.0.4', '10.0.0.5', '10.0.0.6'],
    );
    assert.equal(pool.allocate('f'), '10.0.0.2');
    assert.equal(pool.allocate('g'), undefined);
  });
  test('refuses what is no range', () => assert.throws(() => new PodIpPool('10.0.0.0'), /must be an IPv4 range/));
});
