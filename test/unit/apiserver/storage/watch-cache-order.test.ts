import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeyOrder } from '../../../../apiserver/storage/watch-cache-order.ts';

describe('KeyOrder', () => {
  test('stays in order through thousands of insertions and removals', () => {
    const order = new KeyOrder<{ key: string; round: number }>();
    const want = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = `k${(i * 7919) % 4001}`;
      if (i % 3 === 2) assert.equal(order.delete(key)?.round, want.get(key));
      else assert.equal(order.set({ key, round: i })?.round, want.get(key));
      if (i % 3 === 2) want.delete(key);
      else want.set(key, i);
    }
    assert.equal(order.size, want.size);
    assert.deepEqual(
      order.slice('').map(({ key }) => key),
      [...want.keys()].sort(),
    );
    assert.deepEqual(
      order.slice('k2', 'k3').map(({ key }) => key),
      [...want.keys()].filter((key) => key >= 'k2' && key < 'k3').sort(),
    );
  });

  test('an empty one has nothing', () => {
    const order = new KeyOrder<{ key: string }>();
    assert.deepEqual([order.slice(''), order.delete('a'), order.size], [[], undefined, 0]);
  });
});
