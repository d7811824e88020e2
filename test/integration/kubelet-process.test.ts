import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Pod } from '../../shared/api/generated/core-v1.ts';
import { eventually } from '../support/eventually.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import {
  eventsOf,
  type InProcessKubelet,
  isReady,
  podOf,
  startKubelet,
  temporaryDirectory,
  untilGone,
  untilPod,
} from './kubelet-harness.ts';

const sh = (script: string) => ({ command: ['sh', '-c', script] });
const first = (pod: Pod) => pod.status?.containerStatuses?.[0];

describe('kubelet with the process runtime', () => {
  let server: InProcessApiServer;
  let kubelet: InProcessKubelet;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  before(async () => {
    server = await startApiServer();
    directory = await temporaryDirectory();
    kubelet = await startKubelet(server, {
      rootDir: directory.path,
      runtime: 'process',
      killContainersOnExit: true,
      nodeStatusUpdateFrequency: 100,
    });
  });
  after(async () => {
    await kubelet.stop();
    await server.stop();
    await directory.remove();
  });

  const logOf = (pod: Pod, attempt = 0): Promise<string> =>
    readFile(join(directory.path, 'logs', `default_${pod.metadata.name}_${pod.metadata.uid}`, 'c0', `${attempt}.log`), 'utf8');

  test('takes back what others made of its status', async () => {
    const ready = async (): Promise<string | undefined> =>
      (await server.client.get('nodes', 'node-1')).status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    const conditions = [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }];
    await server.client.patch('nodes', 'node-1', { status: { conditions } }, { type: 'strategic', subresource: 'status' });
    await eventually(async () => {
      assert.equal(await ready(), 'True');
      assert.deepEqual(await eventsOf(server.client, 'node-1'), ['NodeReady: Node node-1 status is now: NodeReady']);
    });
  });

  test('runs a container with its environment and tells what it did', async () => {
    await server.client.create('configmaps', { metadata: { name: 'settings', namespace: 'default' }, data: { COLOR: 'green' } });
    const env = [
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'URL', value: 'http://$(IP)/$(COLOR)' },
    ];
    await server.client.create(
      'pods',
      podOf('env', [
        {
          ...sh('echo $URL $HOSTNAME $1; exec sleep 100'),
          args: ['x', '$(COLOR)'],
          env,
          envFrom: [{ configMapRef: { name: 'settings' } }],
        },
      ]),
    );
    const pod = await untilPod(server.client, 'env', isReady);
    await eventually(async () => assert.match(await logOf(pod), new RegExp(`http://${pod.status?.podIP}/green env green\n`)));
    assert.match(first(pod)?.containerID ?? '', /^process:\/\//);
    await eventually(async () =>
      assert.deepEqual(await eventsOf(server.client, 'env'), [
        'Pulled: Container image "app:1" already present on machine and can be accessed by the pod',
        'Created: Container created',
        'Started: Container started',
      ]),
    );
  });

  test('says why a container cannot run', async () => {
    await server.client.create('pods', podOf('nocommand', [{ command: ['/no/such/program'] }]));
    const pod = await untilPod(
      server.client,
      'nocommand',
      (p) => first(p)?.state.waiting?.reason !== undefined && first(p)?.state.waiting?.reason !== 'ContainerCreating',
    );
    assert.match(first(pod)?.state.waiting?.reason ?? '', /^(RunContainerError|CreateContainerError|CrashLoopBackOff)$/);
    await server.client.delete('pods', 'default/nocommand', { gracePeriodSeconds: 0 });
  });

  test('shows that a pod waits for a volume it cannot mount', async () => {
    const volumes = [{ name: 'v', hostPath: { path: join(directory.path, 'missing'), type: 'Directory' } }] as Pod['spec']['volumes'] &
      object;
    await server.client.create('pods', podOf('unmountable', [sh('exec sleep 100')], { volumes }));
    await untilPod(server.client, 'unmountable', (p) => first(p)?.state.waiting?.reason === 'ContainerCreating');
    await server.client.delete('pods', 'default/unmountable', { gracePeriodSeconds: 0 });
  });

  test('restarts what crashed and shows how it ended', async () => {
    await server.client.create('pods', podOf('crash', [sh('echo why > /dev/termination-log; echo out; exit 7')]));
    const pod = await untilPod(server.client, 'crash', (p) => first(p)?.state.waiting?.reason === 'CrashLoopBackOff');
    assert.equal(first(pod)?.restartCount, 1);
    assert.equal(first(pod)?.lastState.terminated?.exitCode, 7);
    assert.match(await logOf(pod, 1), /out/);
    await eventually(async () =>
      assert.ok(
        (await eventsOf(server.client, 'crash')).includes(
          `BackOff: Back-off restarting failed container c0 in pod crash_default(${pod.metadata.uid})`,
        ),
      ),
    );
    await server.client.delete('pods', 'default/crash');
    await untilGone(server.client, 'crash');
  });

  test('follows readiness and restarts on liveness failure', async () => {
    const probes = {
      readinessProbe: { exec: { command: ['test', '-f', 'ready'] }, periodSeconds: 1 },
      livenessProbe: {
        exec: { command: ['sh', '-c', 'test ! -f sick || { echo I am sick; exit 1; }'] },
        periodSeconds: 1,
        failureThreshold: 1,
        terminationGracePeriodSeconds: 1,
      },
    };
    await server.client.create(
      'pods',
      podOf('probed', [{ ...sh('rm -f sick; sleep 0.3; touch ready; sleep 2; touch sick; exec sleep 100'), ...probes }]),
    );
    const running = await untilPod(server.client, 'probed', (p) => first(p)?.state.running !== undefined);
    assert.equal(isReady(running), false);
    await untilPod(server.client, 'probed', isReady);
    const restarted = await untilPod(
      server.client,
      'probed',
      (p) => first(p)?.restartCount === 1 && first(p)?.state.running !== undefined,
      15_000,
    );
    assert.equal(first(restarted)?.lastState.terminated?.reason, 'Error');
    await eventually(async () => {
      const events = await eventsOf(server.client, 'probed');
      assert.ok(events.includes('Unhealthy: Liveness probe failed: I am sick\n'), events.join('; '));
      assert.ok(events.includes('Killing: Container c0 failed liveness probe, will be restarted'), events.join('; '));
    });
    await server.client.delete('pods', 'default/probed', { gracePeriodSeconds: 1 });
  });

  test('runs hooks around a container and ends it gracefully', async () => {
    const file = join(directory.path, 'hooks.txt');
    const hook = (word: string) => ({ exec: { command: ['sh', '-c', `echo ${word} >> ${file}`] } });
    const lifecycle = { postStart: hook('postStart'), preStop: hook('preStop') };
    await server.client.create(
      'pods',
      podOf('hooked', [{ ...sh(`trap 'echo term >> ${file}; exit 0' TERM; while :; do sleep 0.05; done`), lifecycle }]),
    );
    await untilPod(server.client, 'hooked', isReady);
    const seen: string[] = [];
    const watching = new AbortController();
    const watch = (async () => {
      for await (const { type, object } of server.client.watch(
        'pods',
        { namespace: 'default', fieldSelector: 'metadata.name=hooked' },
        watching.signal,
      )) {
        if (type !== 'BOOKMARK') seen.push(`${type} ${(object as Pod).status?.phase}`);
      }
    })();
    await server.client.delete('pods', 'default/hooked');
    await untilGone(server.client, 'hooked');
    assert.equal(await readFile(file, 'utf8'), 'postStart\npreStop\nterm\n');
    await eventually(() => assert.equal(seen.at(-1), 'DELETED Succeeded'));
    watching.abort();
    await watch.catch(() => undefined);
  });

  test('kills what does not end in time', async () => {
    await server.client.create('pods', podOf('stubborn', [sh("trap '' TERM; while :; do sleep 0.05; done")]));
    await untilPod(server.client, 'stubborn', isReady);
    const begin = performance.now();
    await server.client.delete('pods', 'default/stubborn', { gracePeriodSeconds: 1 });
    await untilGone(server.client, 'stubborn');
    const tookMs = performance.now() - begin;
    assert.ok(tookMs > 900, `after ${tookMs} ms, before its grace was over`);
  });

  test('fails a pod at its deadline', async () => {
    await server.client.create(
      'pods',
      podOf('late', [sh('exec sleep 100')], { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 1 }),
    );
    const pod = await untilPod(server.client, 'late', ({ status }) => status?.phase === 'Failed');
    assert.equal(pod.status?.reason, 'DeadlineExceeded');
    assert.equal(pod.status?.message, 'Pod was active on the node longer than the specified deadline');
    assert.notEqual(first(pod)?.state.terminated, undefined);
  });
});

describe('a kubelet that is started again', () => {
  test('takes its containers back, and ends those whose pod is gone', async () => {
    const server = await startApiServer();
    const directory = await temporaryDirectory();
    try {
      const before = await startKubelet(server, { rootDir: directory.path, runtime: 'process' });
      await server.client.create('pods', podOf('stays', [sh('exec sleep 60')]));
      await server.client.create('pods', podOf('goes', [sh('exec sleep 60')]));
      const stays = await untilPod(server.client, 'stays', isReady);
      await untilPod(server.client, 'goes', isReady);
      await before.stop();
      await server.client.delete('pods', 'default/goes', { gracePeriodSeconds: 0 });
      const next = await startKubelet(server, { rootDir: directory.path, runtime: 'process', killContainersOnExit: true });
      try {
        await eventually(() => assert.ok(next.lines.some(({ msg }) => msg === 'took back 1 containers of 1 pods')));
        await eventually(() => assert.ok(next.lines.some(({ msg }) => msg === 'removing what a pod left that is gone')));
        const after = await untilPod(server.client, 'stays', isReady);
        assert.deepEqual(
          [first(after)?.containerID, first(after)?.restartCount, after.status?.podIP],
          [first(stays)?.containerID, 0, stays.status?.podIP],
        );
      } finally {
        await next.stop();
      }
      assert.ok(next.lines.some(({ msg }) => msg === 'containers ended'));
    } finally {
      await server.stop();
      await directory.remove();
    }
  });
});
