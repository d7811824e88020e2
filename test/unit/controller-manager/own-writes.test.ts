import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AWAITED_MS, OwnWrites } from '../../../controller-manager/own-writes.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { ReflectorInformer } from '../../../shared/client/reflector-informer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';
import { at } from './objects.ts';

const object = (resourceVersion: number, uid = 'u'): KubeObject => ({
  metadata: { name: 'a', uid, resourceVersion: String(resourceVersion), creationTimestamp: at(0) },
});

function setUp() {
  const informer = new ReflectorInformer<KubeObject>(silentLog);
  const clock = new FakeClock();
  return { informer, clock, writes: new OwnWrites(informer, clock) };
}

describe('OwnWrites', () => {
  test('is not settled from a write until the cache has it', () => {
    const { informer, writes } = setUp();
    informer.apply('ADDED', object(1));
    writes.wrote('owner', object(3));
    assert.equal(writes.settled('owner'), false);
    assert.equal(writes.settled('another'), true);
    informer.apply('MODIFIED', object(2));
    assert.equal(writes.settled('owner'), false);
    informer.apply('MODIFIED', object(3));
    assert.equal(writes.settled('owner'), true);
  });

  test('is settled at once when the cache was quicker than the answer', () => {
    const { informer, writes } = setUp();
    informer.apply('ADDED', object(3));
    writes.wrote('owner', object(3));
    assert.equal(writes.settled('owner'), true);
  });

  test('awaits a removal', () => {
    const { informer, writes } = setUp();
    informer.apply('ADDED', object(1));
    writes.removed('owner', 'a');
    informer.apply('MODIFIED', object(2));
    assert.equal(writes.settled('owner'), false);
    informer.apply('DELETED', object(3));
    assert.equal(writes.settled('owner'), true);
  });

  test('gives up on what never shows', async () => {
    const { clock, writes } = setUp();
    writes.wrote('owner', object(1));
    assert.equal(writes.settled('owner'), false);
    await clock.advance(AWAITED_MS);
    assert.equal(writes.settled('owner'), true);
  });
});
