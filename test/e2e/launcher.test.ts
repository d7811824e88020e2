import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { freePort, type RealCluster, run, script, startCluster } from '../support/real-cluster.ts';

interface StatusAnswer {
  pid: number;
  processes: { name: string; state: string; pid: number; restarts: number }[];
}

/** Pids of processes whose command line or environment names the directory: launcher, components, containers. */
function processesOf(directory: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return [];
    try {
      const text = readFileSync(`/proc/${entry}/cmdline`, 'utf8') + readFileSync(`/proc/${entry}/environ`, 'utf8');
      const zombie = /\) Z /.test(readFileSync(`/proc/${entry}/stat`, 'utf8'));
      return text.includes(directory) && !zombie ? [Number(entry)] : [];
    } catch {
      return []; // ended meanwhile
    }
  });
}

const SLEEPER = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'sleeper' },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'sleep', command: ['sleep', '3600'] }] },
});

describe('./kubernetus', () => {
  let cluster: RealCluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster.destroy();
  });
  const status = async (): Promise<StatusAnswer> => JSON.parse((await cluster.kubernetus('status', '--json')).stdout) as StatusAnswer;
  const component = async (name: string) => {
    const found = (await status()).processes.find((p) => p.name === name);
    assert.ok(found !== undefined, name);
    return found;
  };
  const podStatus = async () => (await cluster.client.get('pods', 'default/sleeper')).status;

  test('up on a directory that is in use is one clear sentence', async () => {
    const { code, stderr } = await cluster.kubernetus('up');
    assert.equal(code, 1);
    assert.match(stderr, /^kubernetus: a cluster already runs from \S+ \(pid \d+\): [^\n]+\n$/);
  });

  test('up on a used port is one clear sentence', async () => {
    const other = mkdtempSync(join(tmpdir(), 'kubernetus-'));
    const { code, stderr } = await run(script, ['up', '--data-dir', join(other, 'd'), '--port', String(cluster.port)]);
    assert.deepEqual(
      { code, stderr },
      { code: 1, stderr: `kubernetus: port ${cluster.port} on 127.0.0.1 is in use: choose another with --port\n` },
    );
    rmSync(other, { recursive: true });
  });

  test("up refuses somebody else's directory", async () => {
    const other = mkdtempSync(join(tmpdir(), 'kubernetus-'));
    writeFileSync(join(other, 'thesis.txt'), '');
    const { code, stderr } = await run(script, ['up', '--data-dir', other]);
    assert.deepEqual([code, readdirSync(other)], [1, ['thesis.txt']]);
    assert.match(stderr, /is not empty and holds no cluster/);
    rmSync(other, { recursive: true });
  });

  for (const [name, args, want] of [
    ['an unknown command', ['upp'], /unknown command "upp"/],
    ['an unknown flag', ['up', '--nope'], /--nope/],
    ['a port that is no number', ['up', '--port', 'x'], /--port must be a whole number/],
    ['a data directory that cannot be made', ['up', '--data-dir', '/dev/null/d'], /kubernetus: ENOTDIR: /],
    ['an unknown runtime', ['up', '--runtime', 'vm'], /--runtime must be one of/],
    ['a command that needs a cluster where there is none', ['status', '--data-dir', '/nonexistent-kubernetus'], /there is no cluster in/],
  ] as const)
    test(`${name} is one clear sentence`, async () => {
      const { code, stderr } = await run(script, args);
      assert.equal(code, 1);
      assert.match(stderr, want);
      assert.equal(stderr.trim().split('\n').length, 1);
    });

  test('help teaches every command', async () => {
    const { stdout } = await run(script, ['help']);
    for (const name of ['up', 'down', 'status', 'logs', 'kubectl', 'node', 'doctor']) {
      assert.match(stdout, new RegExp(`\\n {2}${name} `));
      if (name === 'kubectl') continue;
      const { code, stdout: page } = await run(script, [name, '--help']);
      assert.deepEqual([code, page.startsWith(`./kubernetus ${name}`)], [0, true]);
    }
  });

  test('doctor names runtimes and proxies', async () => {
    const { code, stdout } = await run(script, ['doctor']);
    assert.equal(code, 0);
    assert.match(stdout, /yes {2}runtime process/);
  });

  test('logs shows a component', async () => {
    assert.match((await cluster.kubernetus('logs', 'apiserver')).stdout, /"msg":"ready"/);
    assert.match((await cluster.kubernetus('logs', 'nobody')).stderr, /there are apiserver/);
  });

  for (const name of ['apiserver', 'scheduler', 'controller-manager', 'kube-proxy'])
    test(`a killed ${name} is restarted and shown`, async () => {
      const before = await component(name);
      process.kill(before.pid, 'SIGKILL');
      await eventually(
        async () => {
          const now = await component(name);
          assert.deepEqual([now.state, now.restarts, now.pid !== before.pid], ['ready', before.restarts + 1, true]);
        },
        { withinMs: 30_000 },
      );
    });

  test('a killed kubelet takes its containers back', async () => {
    assert.equal((await cluster.kubectl(['apply', '-f', '-'], { stdin: SLEEPER })).code, 0);
    await eventually(async () => assert.equal((await podStatus()).phase, 'Running'), { withinMs: 30_000 });
    const before = await podStatus();
    const kubelet = await component('kubelet-node-1');
    process.kill(kubelet.pid, 'SIGKILL');
    await eventually(
      async () =>
        assert.deepEqual(
          [(await component('kubelet-node-1')).state, (await component('kubelet-node-1')).restarts],
          ['ready', kubelet.restarts + 1],
        ),
      {
        withinMs: 30_000,
      },
    );
    const after = await podStatus();
    assert.deepEqual(
      [after.containerStatuses?.[0]?.containerID, after.containerStatuses?.[0]?.restartCount, after.podIP],
      [before.containerStatuses?.[0]?.containerID, 0, before.podIP],
    );
    assert.match((await cluster.kubernetus('logs', 'kubelet-node-1')).stdout, /took back 1 container/);
    assert.equal((await cluster.kubectl(['exec', 'sleeper', '--', 'echo', 'alive'])).stdout, 'alive\n');
  });

  test('nodes come and go on a running cluster', async () => {
    assert.match((await cluster.kubernetus('node', 'add')).stdout, /added node-2/);
    await cluster.kubernetus('node', 'add', '--simulated', '3');
    const ready = async () => {
      const { items } = await cluster.client.list('nodes');
      return items
        .filter(({ status }) => status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'))
        .map(({ metadata }) => metadata.name);
    };
    await eventually(async () => assert.equal((await ready()).length, 5), { withinMs: 30_000 });
    assert.match((await cluster.kubernetus('node', 'rm', 'node-2')).stdout, /removed node-2/);
    await eventually(async () => assert.equal((await ready()).includes('node-2'), false), { withinMs: 30_000 });
    assert.match((await cluster.kubernetus('node', 'add')).stdout, /added node-2/);
    assert.equal((await ready()).includes('node-2'), true, 'a node is ready once it is said to be added');
  });

  test('up with fewer nodes removes the others', async () => {
    await cluster.kubernetus('down');
    const { code, stderr } = await cluster.kubernetus('up', '--detach', '--nodes', '1', '--simulated-nodes', '1');
    assert.equal(code, 0, stderr);
    const { items } = await cluster.client.list('nodes');
    assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), ['node-1', 'simulated-0']);
    assert.match((await run(script, ['kubectl', '--data-dir', cluster.dataDir, 'get', 'nodes', '-o', 'name'])).stdout, /^node\/node-1$/m);
  });

  test('killing the supervisor leaves nothing behind', async () => {
    const { pid } = await status();
    process.kill(pid, 'SIGKILL');
    await eventually(async () => assert.deepEqual(processesOf(cluster.dataDir), []), { withinMs: 40_000 });
    const { code, stderr } = await cluster.kubernetus('up', '--detach');
    assert.equal(code, 0, stderr);
    await eventually(async () => assert.equal((await podStatus()).containerStatuses?.[0]?.ready, true), { withinMs: 30_000 });
  });

  test('down leaves no process', async () => {
    assert.equal((await cluster.kubernetus('down')).code, 0);
    assert.deepEqual(processesOf(cluster.dataDir), []);
    assert.equal((await cluster.kubernetus('status')).code, 1);
  });

  test('a component that cannot start ends up with the end of its log', async () => {
    const { code, stderr } = await cluster.kubernetus('up', '--detach', '--arg', 'scheduler=--no-such-flag');
    assert.equal(code, 1);
    assert.match(stderr, /scheduler keeps ending \(exit code 2\); the end of its log:\n.*no-such-flag/s);
    assert.deepEqual(processesOf(cluster.dataDir), []);
  });
});

test('Ctrl-C in the foreground stops everything', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kubernetus-'));
  const dataDir = join(directory, 'd');
  const child = spawn(script, ['up', '--data-dir', dataDir, '--port', String(await freePort())], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await eventually(async () => assert.match(output, /ready in \d+ ms\n\n {2}export KUBECONFIG=/), { withinMs: 60_000 });
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0);
  assert.match(output, /stopping\nstopped\n$/);
  assert.deepEqual(processesOf(dataDir), []);
  assert.equal(existsSync(join(dataDir, 'supervisor.lock')), false);
  rmSync(directory, { recursive: true });
});
