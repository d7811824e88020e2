import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { EventRecorder } from '../../../../shared/client/event-recorder.ts';
import { createInformerSet } from '../../../../shared/client/shared-informer-set.ts';
import { createPodWriter } from '../../../../shared/controller/pod-writer.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { silentLog } from '../../../support/silent-log.ts';
import { MemoryClient } from '../client/memory-client.ts';

const KEY = 'd/rs';
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'rs-uid', controller: true };
const pod = (name: string) => ({ metadata: { name, namespace: 'd', ownerReferences: [owner] } });
const { signal } = new AbortController();

async function setUp(t: TestContext) {
  const server = new MemoryClient();
  const clock = new FakeClock();
  const client = server.client();
  const set = createInformerSet(client, { clock, log: silentLog });
  const pods = set.for('pods');
  const events: string[] = [];
  const recorder: EventRecorder = {
    event: (object, type, reason, message) => void events.push(`${object.metadata.name} ${type} ${reason}: ${message}`),
    flush: async () => undefined,
  };
  const writer = createPodWriter({ client, pods, clock, recorder });
  const stop = new AbortController();
  const running = set.run(stop.signal);
  t.after(() => {
    stop.abort();
    return running;
  });
  await settle();
  return { server, clock, pods, writer, events, stop };
}

describe('PodWriter', () => {
  test('is settled once the cache has what was written', async (t) => {
    const { writer, pods, events } = await setUp(t);
    assert.equal(writer.settled(KEY), true);
    const creating = writer.create(KEY, pod('a'), signal);
    assert.equal(writer.settled(KEY), false);
    await creating;
    await settle();
    assert.equal(writer.settled(KEY), true);
    const cached = pods.get('d/a');
    assert.ok(cached);
    await writer.remove(KEY, cached, signal);
    await settle();
    assert.equal(writer.settled(KEY), true);
    assert.deepEqual(events, ['rs Normal SuccessfulCreate: Created pod: a', 'rs Normal SuccessfulDelete: Deleted pod: a']);
  });

  test('waits for a cache that lags behind, but no longer than 5 min', async (t) => {
    const { server, writer, pods, clock, stop } = await setUp(t);
    await writer.create(KEY, pod('a'), signal);
    await settle();
    stop.abort(); // the cache stands still
    await settle();
    await writer.create(KEY, pod('b'), signal);
    const cached = pods.get('d/a');
    assert.ok(cached);
    await writer.remove('d/other', cached, signal);
    assert.deepEqual([writer.settled(KEY), writer.settled('d/other')], [false, false]);
    await clock.advance(299_000);
    assert.equal(writer.settled(KEY), false);
    await clock.advance(1_000);
    assert.deepEqual([writer.settled(KEY), server.objects.size], [true, 1]);
  });

  test('does not wait for a write that failed', async (t) => {
    const { server, writer, events } = await setUp(t);
    server.before = (call) => {
      if (call.startsWith('create')) throw new Error('quota');
    };
    await assert.rejects(writer.create(KEY, pod('a'), signal), /quota/);
    await writer.remove(
      KEY,
      { ...pod('gone'), metadata: { ...pod('gone').metadata, uid: 'x', resourceVersion: '', creationTimestamp: '' } } as never,
      signal,
    );
    assert.equal(writer.settled(KEY), true);
    assert.deepEqual(events, ['rs Warning FailedCreate: Error creating: quota']);
  });
});
