import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Pod } from '../../../../shared/api/generated/core-v1.ts';
import { currentCause } from '../../../../shared/client/cause.ts';
import type { Informer } from '../../../../shared/client/informer.ts';
import type { InformerSet } from '../../../../shared/client/informer-set.ts';
import { createInformerSet } from '../../../../shared/client/shared-informer-set.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { silentLog } from '../../../support/silent-log.ts';
import { MemoryClient } from './memory-client.ts';

const pod = (name: string, more: object = {}) => ({
  metadata: { name, namespace: 'd', uid: `uid-${name}`, resourceVersion: '', creationTimestamp: '', ...more },
});

interface Setup {
  server: MemoryClient;
  clock: FakeClock;
  set: InformerSet;
  pods: Informer<Pod>;
  seen: string[];
}

async function start(t: TestContext, prepare: (server: MemoryClient) => void = () => undefined): Promise<Setup> {
  const server = new MemoryClient();
  prepare(server);
  const clock = new FakeClock();
  const set = createInformerSet(server.client(), { clock, log: silentLog, random: () => 0 });
  const pods = set.for('pods', { indexers: { node: (one) => (one.spec?.nodeName === undefined ? [] : [one.spec.nodeName]) } });
  const seen: string[] = [];
  pods.onChange(({ metadata }, { type }) => seen.push(`${type} ${metadata.name} ${currentCause()}`));
  const stop = new AbortController();
  const running = set.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await running;
  });
  await settle();
  return { server, clock, set, pods, seen };
}

describe('InformerSet', () => {
  test('lists, then follows, and gives listeners the revision as cause', async (t) => {
    const { server, set, pods, seen } = await start(t, (s) => s.put('pods', pod('a')));
    await set.waitForSync(new AbortController().signal);
    server.put('pods', pod('b'));
    server.put('pods', pod('a'));
    server.remove('pods', 'd/b');
    await settle();
    assert.deepEqual(seen, ['added a 1', 'added b 2', 'updated a 3', 'deleted b 4']);
    assert.deepEqual(
      pods.list().map(({ metadata }) => metadata.resourceVersion),
      ['3'],
    );
  });

  test('resumes from the last revision when a watch ends', async (t) => {
    const { server, clock, seen } = await start(t, (s) => s.put('pods', pod('a')));
    server.put('pods', pod('b'));
    await settle();
    server.cutWatches();
    await settle();
    server.put('pods', pod('c'));
    await clock.advance(1_000);
    assert.deepEqual(seen, ['added a 1', 'added b 2', 'added c 3']);
    assert.deepEqual(server.calls, ['list pods', 'watch pods 1', 'watch pods 2']);
  });

  test('turns a relist after 410 into what changed', async (t) => {
    const { server, clock, seen } = await start(t, (s) => ['a', 'b', 'c', 'd'].map((name) => s.put('pods', pod(name))));
    server.before = () => {
      throw new Error('down');
    };
    server.cutWatches();
    await settle();
    server.remove('pods', 'd/a');
    server.put('pods', pod('b'));
    server.put('pods', pod('c', { uid: 'other' }));
    server.put('pods', pod('e'));
    server.compacted = server.revision;
    server.before = () => undefined;
    seen.splice(0);
    await clock.advance(2_000);
    assert.deepEqual(seen, ['updated b 6', 'deleted c 7', 'added c 7', 'added e 8', 'deleted a 8']);
  });

  test('retries a failed list at first quickly, then ever more slowly', async (t) => {
    const times: number[] = [];
    const server = new MemoryClient();
    const clock = new FakeClock();
    server.before = () => {
      times.push(clock.monotonic());
      throw new Error('down');
    };
    const set = createInformerSet(server.client(), { clock, log: silentLog, random: () => 0 });
    set.for('pods');
    const stop = new AbortController();
    const running = set.run(stop.signal);
    t.after(() => running);
    await clock.advance(10_000);
    assert.deepEqual(times, [0, 20, 820, 2_420, 5_620]);
    await assert.rejects(() => {
      stop.abort(new Error('stop'));
      return set.waitForSync(stop.signal);
    }, /stop/);
  });

  test('shares one watch a resource, merges indexers, starts late ones', async (t) => {
    const { server, set, pods } = await start(t, (s) => s.put('pods', { ...pod('a'), spec: { nodeName: 'n1' } } as never));
    const same = set.for('pods', { indexers: { name: ({ metadata }) => [metadata.name] } });
    assert.equal(same, pods);
    const late = set.for('services');
    await set.waitForSync(new AbortController().signal);
    assert.equal(late.synced, true);
    assert.deepEqual([same.byIndex('name', 'a').length, pods.byIndex('node', 'n1').length, pods.byIndex('node', 'n2').length], [1, 1, 0]);
    assert.throws(() => pods.byIndex('other', 'x'), /index "other" was not asked for/);
    assert.deepEqual(server.calls, ['list pods', 'watch pods 1', 'list services', 'watch services 1']);
  });

  test('gives a late listener all that is cached, and nothing after it left', async (t) => {
    const { server, pods } = await start(t, (s) => s.put('pods', pod('a')));
    const seen: string[] = [];
    const leave = pods.onChange(({ metadata }, { type }) => seen.push(`${type} ${metadata.name}`));
    leave();
    server.put('pods', pod('b'));
    await settle();
    assert.deepEqual(seen, ['added a']);
  });

  test('keeps going when a listener throws', async (t) => {
    const { server, pods, seen } = await start(t);
    pods.onChange(() => {
      throw new Error('bug');
    });
    server.put('pods', pod('a'));
    server.put('pods', pod('b'));
    await settle();
    assert.deepEqual(seen, ['added a 1', 'added b 2']);
  });
});
