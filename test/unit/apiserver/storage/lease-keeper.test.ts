import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { LeaseKeeper } from '../../../../apiserver/storage/lease-keeper.ts';
import { MemoryBackend } from '../../../../apiserver/storage/memory-backend.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { silentLog } from '../../../support/silent-log.ts';

describe('LeaseKeeper', () => {
  let clock: FakeClock;
  let backend: MemoryBackend;
  let ids = 0;
  let stops: (() => Promise<void>)[] = [];

  beforeEach(() => {
    clock = new FakeClock();
    backend = new MemoryBackend({ clock, clusterId: 'test' });
    stops = [];
  });
  afterEach(async () => {
    for (const stop of stops) await stop();
    assert.equal(clock.pending, 0);
  });

  function start(): { keeper: LeaseKeeper; stop: () => Promise<void> } {
    const keeper = new LeaseKeeper({ backend, clock, log: silentLog, newId: () => `l${++ids}` });
    const stopping = new AbortController();
    const running = keeper.run(stopping.signal);
    const stop = (): Promise<void> => {
      stopping.abort();
      return running;
    };
    stops.push(stop);
    return { keeper, stop };
  }
  const put = async (key: string, leaseId: string): Promise<void> => {
    await backend.txn([], [{ put: key, value: Buffer.alloc(0), leaseId }]);
  };
  const keys = async (): Promise<string[]> => (await backend.range({ start: '/', end: '0' })).entries.map(({ key }) => key);

  test('deletes the keys of a lease when it expires, and the lease', async () => {
    const { keeper } = start();
    const short = await keeper.grant(10);
    const long = await keeper.grant(60);
    await put('/a', short.id);
    await put('/b', long.id);
    await clock.advance(9_999);
    assert.equal((await keys()).length, 4);
    await clock.advance(1);
    assert.deepEqual(await keys(), ['/b', long.guard.key]);
    await clock.advance(50_000);
    assert.deepEqual(await keys(), []);
    const [last] = (await backend.history(backend.revision() - 1)) ?? [];
    assert.deepEqual(last?.actor, { user: 'system:apiserver', component: 'lease-keeper' });
  });

  test('a lease that is kept alive lives on', async () => {
    const { keeper } = start();
    const { id } = await keeper.grant(10);
    await put('/a', id);
    for (let i = 0; i < 5; i++) {
      await clock.advance(8_000);
      assert.equal(keeper.keepAlive(id), true);
    }
    assert.notEqual(await backend.get('/a'), undefined);
    await clock.advance(10_000);
    assert.equal(await backend.get('/a'), undefined);
    assert.equal(keeper.keepAlive(id), false);
  });

  test('a revoked lease is gone at once, with however many keys, and guards against late puts', async () => {
    const { keeper } = start();
    const { id, guard } = await keeper.grant(10);
    for (let i = 0; i < 1201; i++) await put(`/a/${i}`, id);
    await keeper.revoke(id);
    assert.deepEqual(await keys(), []);
    const late = await backend.txn([guard], [{ put: '/late', value: Buffer.alloc(0), leaseId: id }]);
    assert.equal(late.succeeded, false);
  });

  test('leases outlive their keeper, their time begins anew', async () => {
    const first = start();
    const { id } = await first.keeper.grant(10);
    await put('/a', id);
    await clock.advance(9_000);
    await first.stop();
    const { keeper } = start();
    await settle();
    assert.equal(keeper.keepAlive(id), true);
    await clock.advance(9_000);
    assert.notEqual(await backend.get('/a'), undefined);
    await clock.advance(1_000);
    assert.deepEqual(await keys(), []);
  });
});
