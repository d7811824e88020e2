import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Node, Pod, PodSpec } from '../../shared/api/generated/core-v1.ts';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import { microTimestamp, timestamp } from '../../shared/machinery/clock.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import { type RunningControllers, startControllers } from '../support/run-controllers.ts';

const NAMES = ['node-lifecycle-controller', 'taint-eviction-controller', 'pod-garbage-collector-controller', 'node-ipam-controller'];

describe('the controllers of nodes', () => {
  let api: InProcessApiServer;
  let controllers: RunningControllers;
  let clock: FakeClock;
  beforeEach(async () => {
    clock = new FakeClock();
    api = await startApiServer();
    const flags = ['--leader-elect=false', '--allocate-node-cidrs', '--cluster-cidr=10.244.0.0/16'];
    controllers = await startControllers(api.clientConfig, NAMES, { clock, flags });
  });
  afterEach(async () => {
    await controllers.stop();
    await api.stop();
  });

  /** Moves the controllers' time on until `check` holds. */
  const inTime = (check: () => Promise<unknown>, stepMs = 1_000): Promise<void> =>
    eventually(
      async () => {
        await clock.advance(stepMs);
        return check();
      },
      { withinMs: 10_000 },
    );
  const taints = async (name: string): Promise<string[]> =>
    ((await api.client.get('nodes', name)).spec.taints ?? []).map(({ key, effect }) => `${key.split('/')[1]}:${effect}`);
  const report = (name: string, ready: 'True' | 'False'): Promise<unknown> => {
    const condition = {
      type: 'Ready',
      status: ready,
      reason: 'KubeletReady',
      message: '',
      lastHeartbeatTime: timestamp(clock.now()),
      lastTransitionTime: timestamp(clock.now()),
    };
    return api.client.patch('nodes', name, { status: { conditions: [condition] } }, { type: 'strategic', subresource: 'status' });
  };
  const createNode = async (name: string): Promise<Node> => {
    const node = await api.client.create('nodes', {
      metadata: { name },
      spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] },
    });
    await api.client.create('leases', {
      metadata: { name, namespace: 'kube-node-lease' },
      spec: { holderIdentity: name, renewTime: microTimestamp(clock.now()) },
    });
    await report(name, 'True');
    await eventually(async () => assert.deepEqual(await taints(name), []));
    return node;
  };
  const renew = (name: string): Promise<unknown> =>
    api.client.patch('leases', `kube-node-lease/${name}`, { spec: { renewTime: microTimestamp(clock.now()) } }, { type: 'merge' });
  const createPod = async (name: string, spec: Partial<PodSpec> = {}): Promise<Pod> => {
    await api.client.create('pods', {
      metadata: { name, namespace: 'default' },
      spec: { containers: [{ name: 'main', image: 'web:1' }], ...spec } as PodSpec,
    });
    const condition = { type: 'Ready', status: 'True', lastTransitionTime: timestamp(clock.now()) };
    return api.client.patch(
      'pods',
      `default/${name}`,
      { status: { phase: 'Running', conditions: [condition] } },
      { type: 'strategic', subresource: 'status' },
    );
  };
  const getPod = (name: string): Promise<Pod> => api.client.get('pods', `default/${name}`);

  test('free a node that became ready at once, and give it a range of addresses', async () => {
    await createNode('n1');
    await createNode('n2');
    await eventually(async () => {
      const cidrs = (await api.client.list('nodes')).items.map(({ spec }) => spec.podCIDR);
      assert.deepEqual(cidrs.sort(), ['10.244.0.0/24', '10.244.1.0/24']);
    });
    await api.client.patch('nodes', 'n1', { spec: { unschedulable: true } }, { type: 'merge' });
    await eventually(async () => assert.deepEqual(await taints('n1'), ['unschedulable:NoSchedule']));
  });

  test('declare a silent node unknown, take its pods out of service, and evict those that do not tolerate it', async () => {
    await createNode('alive');
    await createNode('silent');
    const tolerates = (tolerationSeconds: number) => [
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists' as const, effect: 'NoExecute' as const, tolerationSeconds },
    ];
    await createPod('patient', { nodeName: 'silent', tolerations: tolerates(3000) });
    await createPod('hasty', { nodeName: 'silent', tolerations: tolerates(30), terminationGracePeriodSeconds: 30 });
    await inTime(async () => {
      await renew('alive');
      assert.deepEqual(await taints('silent'), ['unreachable:NoSchedule', 'unreachable:NoExecute']);
    });
    const { status } = await api.client.get('nodes', 'silent');
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    assert.deepEqual(
      [ready?.status, ready?.reason, ready?.message],
      ['Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
    );
    assert.deepEqual(await taints('alive'), []);
    await eventually(async () =>
      assert.equal((await getPod('patient')).status.conditions?.find(({ type }) => type === 'Ready')?.status, 'False'),
    );
    await inTime(async () => {
      await renew('alive');
      const { metadata, status: podStatus } = await getPod('hasty');
      assert.ok(metadata.deletionTimestamp);
      assert.equal(podStatus.conditions?.find(({ type }) => type === 'DisruptionTarget')?.reason, 'DeletionByTaintManager');
    });
    assert.equal((await getPod('patient')).metadata.deletionTimestamp, undefined);
    await report('silent', 'True');
    await eventually(async () => assert.deepEqual(await taints('silent'), []));
  });

  test('evict nobody when no node is ready', async () => {
    await createNode('only');
    await inTime(async () => assert.deepEqual(await taints('only'), ['unreachable:NoSchedule']), 5_000);
    await clock.advance(60_000);
    assert.deepEqual(await taints('only'), ['unreachable:NoSchedule']);
  });

  test('remove pods whose node is gone', async () => {
    await createNode('n1');
    await createPod('bound', { nodeName: 'n1' });
    await createPod('free');
    await api.client.delete('nodes', 'n1');
    await inTime(() => assert.rejects(getPod('bound'), isNotFound), 5_000);
    assert.ok(await getPod('free'));
  });
});
