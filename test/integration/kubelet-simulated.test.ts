import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import { type InProcessKubelet, isReady, podOf, startKubelet, temporaryDirectory, untilGone, untilPod } from './kubelet-harness.ts';

describe('kubelet with the simulated runtime', () => {
  let server: InProcessApiServer;
  let kubelet: InProcessKubelet;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  before(async () => {
    server = await startApiServer();
    directory = await temporaryDirectory();
    kubelet = await startKubelet(server, { rootDir: directory.path, runtime: 'simulated' });
  });
  after(async () => {
    await kubelet.stop();
    await server.stop();
    await directory.remove();
  });

  test('registers a Ready node and renews its lease', async () => {
    const node = await server.client.get('nodes', 'node-1');
    assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
    assert.equal(node.metadata.labels?.['kubernetes.io/hostname'], 'node-1');
    await eventually(async () => {
      const lease = await server.client.get('leases', 'kube-node-lease/node-1');
      assert.equal(lease.spec.holderIdentity, 'node-1');
      assert.equal(lease.metadata.ownerReferences?.[0]?.uid, node.metadata.uid);
    });
  });

  test('brings a pod to Running and Ready with an address of its own', async () => {
    await server.client.create('pods', podOf('web', [{}, {}]));
    const pod = await untilPod(server.client, 'web', isReady);
    assert.equal(pod.status?.phase, 'Running');
    assert.match(pod.status?.podIP ?? '', /^127\.100\.1\.\d+$/);
    assert.deepEqual(
      pod.status?.containerStatuses?.map(({ name, ready, restartCount }) => [name, ready, restartCount]),
      [
        ['c0', true, 0],
        ['c1', true, 0],
      ],
    );
  });

  test('finishes a pod that ends well', async () => {
    await server.client.create(
      'pods',
      podOf('job', [{}], { restartPolicy: 'Never' }, { 'kubernetus.dev/simulate': '{"exitAfter":"50ms"}' }),
    );
    const pod = await untilPod(server.client, 'job', ({ status }) => status?.phase === 'Succeeded');
    assert.equal(pod.status?.containerStatuses?.[0]?.state.terminated?.reason, 'Completed');
    assert.equal(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'PodCompleted');
  });

  test('backs off a pod that crashes', async () => {
    await server.client.create('pods', podOf('crash', [{}], {}, { 'kubernetus.dev/simulate': '{"exitAfter":"10ms","exitCode":3}' }));
    const pod = await untilPod(
      server.client,
      'crash',
      ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff',
    );
    const [status] = pod.status?.containerStatuses ?? [];
    assert.equal(status?.restartCount, 1);
    assert.equal(status?.lastState.terminated?.exitCode, 3);
    assert.equal(status?.state.waiting?.message, `back-off 10s restarting failed container=c0 pod=crash_default(${pod.metadata.uid})`);
    assert.equal(pod.status?.phase, 'Running');
  });

  test('runs init containers first', async () => {
    const init = { initContainers: [{ name: 'i', image: 'app:1', resources: {} }] };
    await server.client.create('pods', podOf('init', [{}], init, { 'simulate.kubernetus.dev/i': '{"exitAfter":"20ms"}' }));
    const pod = await untilPod(server.client, 'init', isReady);
    assert.equal(pod.status?.initContainerStatuses?.[0]?.state.terminated?.exitCode, 0);
  });

  test('removes a deleted pod', async () => {
    await server.client.delete('pods', 'default/web');
    await untilGone(server.client, 'web');
  });

  test('rejects a pod that has no room here', async () => {
    await server.client.create('pods', podOf('huge', [{ resources: { requests: { cpu: '4k' } } }]));
    const pod = await untilPod(server.client, 'huge', ({ status }) => status?.phase === 'Failed');
    assert.equal(pod.status?.reason, 'OutOfcpu');
    assert.match(
      pod.status?.message ?? '',
      /^Pod was rejected: Node didn't have enough resource: cpu, requested: 4000000, used: \d+, capacity: \d+$/,
    );
    await server.client.delete('pods', 'default/huge');
    await untilGone(server.client, 'huge');
  });

  test('removes a pod that never could start', async () => {
    await server.client.create('pods', podOf('stuck', [{ envFrom: [{ configMapRef: { name: 'missing' } }] }]));
    const pod = await untilPod(
      server.client,
      'stuck',
      ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
    );
    assert.equal(pod.status?.containerStatuses?.[0]?.state.waiting?.message, 'configmap "missing" not found');
    assert.equal(pod.status?.phase, 'Pending');
    await server.client.delete('pods', 'default/stuck');
    await untilGone(server.client, 'stuck');
  });
});

test('one process runs many simulated nodes on one watch', async () => {
  const server = await startApiServer();
  const directory = await temporaryDirectory();
  const kubelet = await startKubelet(server, { rootDir: directory.path, simulatedNodes: 50, simulatedNodePrefix: 'sim' });
  try {
    assert.equal((await server.client.list('nodes')).items.length, 50);
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => server.client.create('pods', podOf(`p${i}`, [{}], { nodeName: `sim-${i % 50}` }))),
    );
    await eventually(async () => (await server.client.list('pods', { namespace: 'default' })).items.every(isReady), { withinMs: 15_000 });
    const addresses = new Set((await server.client.list('pods')).items.map(({ status }) => status?.podIP));
    assert.equal(addresses.size, 100);
  } finally {
    await kubelet.stop();
    await server.stop();
    await directory.remove();
  }
});
