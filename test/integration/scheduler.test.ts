import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { SCHEDULER_OPTIONS } from '../../scheduler/config.ts';
import { runScheduler } from '../../scheduler/scheduler.ts';
import type { Pod, PodSpec } from '../../shared/api/generated/core-v1.ts';
import type { DeepPartial } from '../../shared/api/meta.ts';
import { createHealthRegistry } from '../../shared/component/health.ts';
import { createMetricsRegistry } from '../../shared/component/metrics.ts';
import { parseOptions } from '../../shared/component/options.ts';
import { realClock } from '../../shared/machinery/clock.ts';
import { eventually } from '../support/eventually.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import { silentLog } from '../support/silent-log.ts';

/** A scheduler in this process; resolves once it works or stands by. */
async function startScheduler(api: InProcessApiServer, flags: readonly string[] = []): Promise<() => Promise<void>> {
  const config = parseOptions(SCHEDULER_OPTIONS, ['--kubeconfig=unused', '--secure-port=0', ...flags], {});
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let done: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    const context = {
      log: silentLog,
      clock: realClock,
      signal: stopping.signal,
      health: createHealthRegistry(),
      metrics: createMetricsRegistry(),
      ready: () => resolve(),
    };
    done = runScheduler(config, context, api.clientConfig);
    done.catch(reject);
  });
  return async () => {
    stopping.abort();
    await done.catch(() => undefined);
  };
}

describe('scheduler', () => {
  let api: InProcessApiServer;
  const stops: (() => Promise<void>)[] = [];
  before(async () => {
    api = await startApiServer();
    stops.push(await startScheduler(api), await startScheduler(api));
  });
  after(async () => {
    for (const stop of stops) await stop();
    await api.stop();
  });

  const addNode = async (
    name: string,
    { cpu = '4', labels = {} }: { cpu?: string; labels?: Record<string, string> } = {},
  ): Promise<void> => {
    await api.client.create('nodes', { metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } } });
    await api.client.patch(
      'nodes',
      name,
      { status: { allocatable: { cpu, memory: '8Gi', pods: '110' } } },
      { type: 'merge', subresource: 'status' },
    );
  };
  const addPod = (name: string, { cpu = '100m', ...spec }: DeepPartial<PodSpec> & { cpu?: string } = {}) =>
    api.client.create('pods', {
      metadata: { name, namespace: 'default' },
      spec: { ...spec, containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }] },
    });
  const pod = (name: string): Promise<Pod> => api.client.get('pods', `default/${name}`);
  const nodeOf = async (name: string): Promise<string | undefined> => (await pod(name)).spec.nodeName;
  const events = async (name: string) =>
    (await api.client.list('events', { namespace: 'default', fieldSelector: `involvedObject.name=${name}` })).items.map(
      ({ type, reason, message }) => ({ type, reason, message }),
    );

  test('says why no node takes a pod, and binds it as soon as one does', async () => {
    const why = 'no nodes available to schedule pods';
    await addPod('early');
    await eventually(
      async () => {
        const condition = (await pod('early')).status.conditions?.find(({ type }) => type === 'PodScheduled');
        assert.deepEqual([condition?.status, condition?.reason, condition?.message], ['False', 'Unschedulable', why]);
        assert.deepEqual(await events('early'), [{ type: 'Warning', reason: 'FailedScheduling', message: why }]);
      },
      { withinMs: 20_000 },
    );
    await addNode('n1', { labels: { disk: 'ssd' } });
    await eventually(async () => assert.equal(await nodeOf('early'), 'n1'), { withinMs: 20_000 });
    const scheduled = (await pod('early')).status.conditions?.find(({ type }) => type === 'PodScheduled');
    assert.equal(scheduled?.status, 'True');
    await eventually(
      async () =>
        assert.deepEqual((await events('early')).at(-1), {
          type: 'Normal',
          reason: 'Scheduled',
          message: 'Successfully assigned default/early to n1',
        }),
      {
        withinMs: 10_000,
      },
    );
  });

  test('goes by node selectors, and follows a label that is added later', async () => {
    await addNode('n2');
    await addPod('picky', { nodeSelector: { zone: 'a' } });
    await eventually(
      async () =>
        assert.match(
          (await events('picky'))[0]?.message ?? '',
          /^0\/2 nodes are available: 2 node\(s\) didn't match Pod's node affinity\/selector\. preemption: /,
        ),
      {
        withinMs: 10_000,
      },
    );
    await api.client.patch('nodes', 'n2', { metadata: { labels: { zone: 'a' } } }, { type: 'merge' });
    await eventually(async () => assert.equal(await nodeOf('picky'), 'n2'), { withinMs: 20_000 });
  });

  test('waits for room, which a deleted pod makes', async () => {
    await addPod('big1', { cpu: '3' });
    await addPod('big2', { cpu: '3' });
    await eventually(async () => assert.deepEqual([await nodeOf('big1'), await nodeOf('big2')].sort(), ['n1', 'n2']), { withinMs: 10_000 });
    await addPod('big3', { cpu: '3' });
    await eventually(async () => assert.match((await events('big3'))[0]?.message ?? '', /2 Insufficient cpu/), { withinMs: 10_000 });
    const freed = await nodeOf('big1');
    await api.client.delete('pods', 'default/big1', { gracePeriodSeconds: 0 });
    await eventually(async () => assert.equal(await nodeOf('big3'), freed), { withinMs: 20_000 });
  });

  test('leaves pods of other schedulers and gated pods alone', async () => {
    await addPod('other', { schedulerName: 'nobody' });
    await addPod('gated', { schedulingGates: [{ name: 'example.com/wait' }] });
    await addPod('after');
    await eventually(async () => assert.ok(await nodeOf('after')), { withinMs: 10_000 });
    assert.deepEqual([await nodeOf('other'), await nodeOf('gated')], [undefined, undefined]);
    await api.client.patch('pods', 'default/gated', { spec: { schedulingGates: null } }, { type: 'merge' });
    await eventually(async () => assert.ok(await nodeOf('gated')), { withinMs: 10_000 });
  });

  test('many pods at once never overfill a node', async () => {
    await addNode('n3', { cpu: '2', labels: { batch: 'x' } });
    await addNode('n4', { cpu: '3', labels: { batch: 'x' } });
    await Promise.all(Array.from({ length: 60 }, (_, i) => addPod(`many${i}`, { nodeSelector: { batch: 'x' } })));
    const placed = async (): Promise<Record<string, number>> => {
      const counts: Record<string, number> = {};
      for (const { spec, metadata } of (await api.client.list('pods', { namespace: 'default' })).items)
        if (metadata.name.startsWith('many')) counts[spec.nodeName ?? ''] = (counts[spec.nodeName ?? ''] ?? 0) + 1;
      return counts;
    };
    await eventually(async () => assert.deepEqual(await placed(), { n3: 20, n4: 30, '': 10 }), { withinMs: 20_000 });
  });

  test('a stand-by takes over at once when the leader stops', async () => {
    const holder = async (): Promise<string | undefined> =>
      (await api.client.get('leases', 'kube-system/kube-scheduler')).spec.holderIdentity;
    const before = await holder();
    await stops.shift()?.();
    await addPod('handover');
    await eventually(async () => assert.ok(await nodeOf('handover')), { withinMs: 20_000 });
    assert.notEqual(await holder(), before);
  });
});
