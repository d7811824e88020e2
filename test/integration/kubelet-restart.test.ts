import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Pod } from '../../shared/api/generated/core-v1.ts';
import { eventually } from '../support/eventually.ts';
import { startApiServer } from '../support/in-process-apiserver.ts';
import { isReady, podOf, temporaryDirectory, untilPod } from './kubelet-harness.ts';

const MAIN = fileURLToPath(new URL('../../kubelet/main.ts', import.meta.url));
const first = (pod: Pod) => pod.status?.containerStatuses?.[0];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A kubelet process; `out` collects its log. */
function start(directory: string, flags: string[] = []): { child: ChildProcess; out: () => string; ended: Promise<number | null> } {
  const args = [
    '--import',
    'tsx',
    MAIN,
    `--kubeconfig=${directory}/kubeconfig`,
    '--node-name=node-1',
    `--root-dir=${directory}`,
    '--runtime=process',
  ];
  const child = spawn(
    process.execPath,
    [...args, '--pod-cidr=127.100.2.0/24', '--node-ip=127.0.0.1', '--port=0', '--healthz-port=0', ...flags],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { child, out: () => text, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
}

test('a kubelet that was killed takes its containers back; one that is stopped with --kill-containers-on-exit leaves none', async () => {
  const port = await freePort();
  const server = await startApiServer({ config: { insecureHttp: port } });
  const directory = await temporaryDirectory();
  const cluster = {
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
    contexts: [{ name: 'c', context: { cluster: 'c' } }],
  };
  await writeFile(join(directory.path, 'kubeconfig'), JSON.stringify({ ...cluster, 'current-context': 'c' }));
  const one = start(directory.path);
  const children = [one];
  try {
    const pidFile = join(directory.path, 'pid');
    await server.client.create('pods', podOf('stays', [{ command: ['sh', '-c', `echo $$$$ >> ${pidFile}; exec sleep 60`] }]));
    await server.client.create(
      'pods',
      podOf('ends', [{ command: ['sh', '-c', `while [ ! -f ${directory.path}/end ]; do sleep 0.05; done; exit 4`] }], {
        restartPolicy: 'Never',
      }),
    );
    const before = await untilPod(server.client, 'stays', isReady, 20_000);
    await untilPod(server.client, 'ends', isReady);
    one.child.kill('SIGKILL');
    await one.ended;
    await writeFile(join(directory.path, 'end'), ''); // ends while no kubelet is there
    const two = start(directory.path, ['--kill-containers-on-exit']);
    children.push(two);
    await eventually(() => assert.match(two.out(), /took back [12] containers of 2 pods/), { withinMs: 20_000 });
    const ended = await untilPod(server.client, 'ends', ({ status }) => status?.phase === 'Failed');
    assert.equal(first(ended)?.state.terminated?.exitCode, 4);
    const after = await untilPod(server.client, 'stays', isReady);
    assert.deepEqual(
      [first(after)?.containerID, first(after)?.restartCount, after.status?.podIP],
      [first(before)?.containerID, 0, before.status?.podIP],
    );
    const pids = (await readFile(pidFile, 'utf8')).trim().split('\n').map(Number);
    assert.equal(pids.length, 1);
    two.child.kill('SIGTERM');
    assert.equal(await two.ended, 0);
    assert.throws(() => process.kill(pids[0] ?? 0, 0), { code: 'ESRCH' });
  } finally {
    for (const { child } of children) if (child.exitCode === null) child.kill('SIGKILL');
    await server.stop();
    await directory.remove();
  }
});
