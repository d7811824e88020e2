import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from '../../../../shared/api/generated/core-v1.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import { createEventRecorder } from '../../../../shared/client/buffered-event-recorder.ts';
import { EventCorrelator } from '../../../../shared/client/event-correlator.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { silentLog } from '../../../support/silent-log.ts';
import { MemoryClient } from './memory-client.ts';

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'demo', uid: 'u1', resourceVersion: '7', creationTimestamp: '' },
};
const node: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1', uid: 'u2', resourceVersion: '', creationTimestamp: '' },
};

function setUp() {
  const server = new MemoryClient();
  const clock = new FakeClock();
  const recorder = createEventRecorder(server.client(), { component: 'kubelet', host: 'n1', clock, log: silentLog });
  const events = (): Event[] => [...server.objects.values()] as unknown as Event[];
  return { server, clock, recorder, events };
}

describe('EventRecorder', () => {
  test('writes an Event as upstream does', async () => {
    const { recorder, events } = setUp();
    recorder.event(pod, 'Normal', 'Started', 'Started container web', { fieldPath: 'spec.containers{web}' });
    await recorder.flush(new AbortController().signal);
    const [{ metadata, ...event } = {} as Event] = events();
    assert.deepEqual([metadata.name, metadata.namespace], ['web-1.17a6101701650000', 'demo']);
    assert.deepEqual(event, {
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'demo',
        name: 'web-1',
        uid: 'u1',
        resourceVersion: '7',
        fieldPath: 'spec.containers{web}',
      },
      reason: 'Started',
      message: 'Started container web',
      source: { component: 'kubelet', host: 'n1' },
      firstTimestamp: '2024-01-01T00:00:00Z',
      lastTimestamp: '2024-01-01T00:00:00Z',
      count: 1,
      type: 'Normal',
      reportingComponent: 'kubelet',
      reportingInstance: 'n1',
    });
  });

  test('counts repeats in the same Event', async () => {
    const { recorder, clock, events } = setUp();
    for (let i = 0; i < 3; i++) {
      recorder.event(pod, 'Warning', 'BackOff', 'Back-off restarting failed container');
      await clock.advance(60_000);
    }
    assert.deepEqual(
      events().map(({ count, firstTimestamp, lastTimestamp }) => [count, firstTimestamp, lastTimestamp]),
      [[3, '2024-01-01T00:00:00Z', '2024-01-01T00:02:00Z']],
    );
  });

  test('repeats that come before the first is written cost one write', async () => {
    const { recorder, server, events } = setUp();
    for (let i = 0; i < 5; i++) recorder.event(pod, 'Warning', 'BackOff', 'again');
    await settle();
    assert.deepEqual([events().map(({ count }) => count), server.calls.length], [[5], 2]);
  });

  test('writes a new Event where the server lost the counted one', async () => {
    const { recorder, server, events } = setUp();
    recorder.event(pod, 'Warning', 'BackOff', 'again');
    await settle();
    server.objects.clear();
    recorder.event(pod, 'Warning', 'BackOff', 'again');
    await settle();
    assert.deepEqual(
      events().map(({ count }) => count),
      [2],
    );
  });

  test('puts events of cluster-scoped objects into default, and survives a server that refuses', async () => {
    const { recorder, server, events } = setUp();
    server.before = () => {
      throw new Error('no');
    };
    recorder.event(node, 'Normal', 'NodeReady', 'Node n1 status is now: NodeReady');
    await settle();
    server.before = () => undefined;
    recorder.event(node, 'Normal', 'NodeReady', 'Node n1 status is now: NodeReady');
    await settle();
    assert.deepEqual(
      events().map(({ metadata, count }) => [metadata.namespace, count]),
      [['default', 1]],
    );
  });
});

describe('EventCorrelator', () => {
  const event = (message: string, name = 'web-1') => ({
    involvedObject: { kind: 'Pod', name, uid: name },
    type: 'Normal' as const,
    reason: 'R',
    message,
  });

  test('combines the tenth similar event with what follows', () => {
    const correlator = new EventCorrelator();
    const messages = Array.from({ length: 12 }, (_, i) => correlator.correlate(event(`m${i}`), i));
    assert.deepEqual(
      messages.slice(8).map((one) => [one?.message, one?.count]),
      [
        ['m8', 1],
        ['(combined from similar events): m9', 1],
        ['(combined from similar events): m10', 2],
        ['(combined from similar events): m11', 3],
      ],
    );
    assert.equal(correlator.correlate(event('later'), 700_000)?.message, 'later');
  });

  test('lets 25 events of an object through, then one in five minutes; others are not affected', () => {
    const correlator = new EventCorrelator();
    const passed = Array.from({ length: 40 }, () => correlator.correlate(event('same'), 0)).filter((one) => one !== undefined).length;
    assert.equal(passed, 25);
    assert.equal(correlator.correlate(event('same'), 299_000), undefined);
    assert.notEqual(correlator.correlate(event('same'), 301_000), undefined);
    assert.equal(correlator.correlate(event('same'), 301_000), undefined);
    assert.notEqual(correlator.correlate(event('same', 'web-2'), 0), undefined);
  });
});
