import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type Outcome, type RealCluster, root, startCluster } from '../support/real-cluster.ts';
import { kubectls } from '../support/tools.ts';

/** One HTTP request; rejects when refused or cut off. */
function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve(text));
      response.once('error', reject);
    }).once('error', reject);
  });
}

/** The process of the web server in a pod: containers are processes of this machine. */
function pidOf(pod: string): number {
  const found = readdirSync('/proc').find((entry) => {
    try {
      const read = (file: string): string[] => readFileSync(`/proc/${entry}/${file}`, 'utf8').split('\0');
      return /^\d+$/.test(entry) && read('cmdline')[0]?.endsWith('node') === true && read('environ').includes(`POD_NAME=${pod}`);
    } catch {
      return false; // ended meanwhile
    }
  });
  assert.ok(found !== undefined, `no process of pod ${pod}`);
  return Number(found);
}

describe('the tour of the README', () => {
  let cluster: RealCluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster.destroy();
  });

  for (const { name, file } of kubectls()) {
    describe(`with ${name}`, () => {
      const namespace = `tour-${name.replace(/[^a-z]/gi, '').toLowerCase()}`;
      const kubectl = async (...args: string[]): Promise<string> => {
        const result: Outcome = await cluster.kubectl(['-n', namespace, ...args], { file });
        assert.equal(result.code, 0, `kubectl ${args.join(' ')}: ${result.stderr}${result.stdout}`);
        return result.stdout;
      };
      const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await kubectl(...args, '-o', 'json')) as T;
      const url = async (): Promise<string> => `http://${await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')}/`;
      const podNames = async (): Promise<string[]> => (await kubectl('get', 'pods', '-o', 'name')).trim().split('\n');

      test('the node is Ready', async () => {
        await kubectl('create', 'namespace', namespace);
        assert.match(
          await kubectl('get', 'nodes', '-o', 'wide'),
          /node-1\s+Ready\s+<none>\s+\S+\s+v1\.36\.\d+\S*\s+127\.\S+\s+<none>\s+\S.*\S\s+\S+\s+process:\/\//,
        );
      });

      test('a Deployment and a Service become three answers in turn', async () => {
        await kubectl('apply', '-f', join(root, 'examples/01-web/'));
        await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
        const address = await url();
        const seen = new Set<string>();
        await eventually(async () => assert.match(await fetchText(address), /hello/), { withinMs: 5_000 });
        for (let i = 0; i < 6; i++) seen.add(await fetchText(address));
        assert.equal(seen.size, 3);
      });

      test('a watch shows tables live', async () => {
        const table = await kubectl('get', 'pods', '-o', 'wide');
        assert.match(table, /^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE/);
        assert.equal(table.match(/1\/1\s+Running\s+0/g)?.length, 3);
      });

      test('scaling', async () => {
        await kubectl('scale', 'deployment/web', '--replicas=5');
        await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
        assert.equal((await podNames()).length, 5);
      });

      test('a rolling update keeps enough pods available and refuses no request, and can be undone', async () => {
        const address = await url();
        const failures: string[] = [];
        let lowest = Number.POSITIVE_INFINITY;
        let requests = 0;
        let done = false;
        const traffic = Promise.all(
          Array.from({ length: 4 }, async () => {
            while (!done) {
              requests++;
              await fetchText(address).catch((error: unknown) => failures.push(String(error)));
            }
          }),
        );
        const watching = (async () => {
          while (!done) {
            const { status } = await cluster.client.get('deployments', `${namespace}/web`);
            lowest = Math.min(lowest, status.availableReplicas ?? 0);
          }
        })();
        await kubectl('set', 'env', 'deployment/web', 'VERSION=2');
        await kubectl('rollout', 'status', 'deployment/web', '--timeout=90s');
        await eventually(async () => assert.match(await fetchText(address), /version 2/), { withinMs: 5_000 });
        await kubectl('rollout', 'undo', 'deployment/web');
        await kubectl('rollout', 'status', 'deployment/web', '--timeout=90s');
        done = true;
        await Promise.all([traffic, watching]);
        assert.deepEqual({ failures, lowest }, { failures: [], lowest: 5 });
        assert.ok(requests > 50);
        await eventually(async () => assert.match(await fetchText(address), /version 1/), { withinMs: 5_000 });
        assert.match(await kubectl('rollout', 'history', 'deployment/web'), /REVISION/);
      });

      test('logs, exec, describe, events', async () => {
        assert.match(await kubectl('logs', 'deployment/web'), /listening on 127\./);
        assert.match(await kubectl('exec', 'deploy/web', '--', 'env'), /POD_NAME=web-/);
        const failing = await cluster.kubectl(['-n', namespace, 'exec', 'deploy/web', '--', 'sh', '-c', 'cat; exit 7'], { file });
        assert.equal(failing.code, 7);
        const echoed = await cluster.kubectl(['-n', namespace, 'exec', '-i', 'deploy/web', '--', 'cat'], {
          file,
          stdin: 'to stdin and back',
        });
        assert.equal(echoed.stdout, 'to stdin and back');
        assert.match(await kubectl('describe', 'pod', '-l', 'app=web'), /Started container web|Container started/);
        assert.match(await kubectl('get', 'events'), /Scaled up replica set web-/);
      });

      test('logs -f shows what comes', async () => {
        const { items } = await json<{ items: { metadata: { name: string; deletionTimestamp?: string }; status: { podIP: string } }[] }>(
          'get',
          'pods',
        );
        const pod = items.find(({ metadata }) => metadata.deletionTimestamp === undefined);
        assert.ok(pod !== undefined);
        const child = spawn(file, ['-n', namespace, 'logs', '-f', pod.metadata.name], {
          env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
        });
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        await eventually(async () => assert.match(output, /listening on/), { withinMs: 20_000 });
        await fetchText(`http://${pod.status.podIP}:8080/only-now-${namespace}`);
        await eventually(async () => assert.match(output, new RegExp(`GET /only-now-${namespace}`)), { withinMs: 20_000 });
        child.kill();
      });

      test('a killed container is restarted and counted', async () => {
        const { items } = await json<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>('get', 'pods');
        const pod = items.find(({ metadata }) => metadata.deletionTimestamp === undefined)?.metadata.name ?? '';
        const pid = pidOf(pod);
        process.kill(pid, 'SIGKILL');
        await eventually(
          async () => {
            const { status } = await json<{
              status: { containerStatuses: { restartCount: number; ready: boolean; lastState: { terminated?: { exitCode: number } } }[] };
            }>('get', 'pod', pod);
            const [container] = status.containerStatuses;
            assert.deepEqual([container?.restartCount, container?.ready, container?.lastState.terminated?.exitCode], [1, true, 137]);
          },
          { withinMs: 30_000 },
        );
      });

      test('deleting the namespace takes everything with it, processes too', async () => {
        const addresses = (await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].status.podIP}')).split(' ');
        const result = await cluster.kubectl(['delete', 'namespace', namespace, '--timeout=60s'], { file });
        assert.equal(result.code, 0, result.stderr);
        for (const address of addresses) await assert.rejects(fetchText(`http://${address}:8080/`), { code: 'ECONNREFUSED' });
      });
    });
  }

  test('everything is back after down and up', async () => {
    const kubectl = async (...args: string[]): Promise<string> => (await cluster.kubectl(args)).stdout;
    await kubectl('create', 'namespace', 'demo');
    await kubectl('apply', '-n', 'demo', '-f', join(root, 'examples/01-web/'));
    await kubectl('rollout', 'status', '-n', 'demo', 'deployment/web', '--timeout=60s');
    const uid = await kubectl('get', '-n', 'demo', 'deployment/web', '-o', 'jsonpath={.metadata.uid}');
    const ip = await kubectl('get', '-n', 'demo', 'service/web', '-o', 'jsonpath={.spec.clusterIP}');
    assert.equal((await cluster.kubernetus('down')).code, 0);
    await assert.rejects(fetchText(`http://${ip}/`));
    assert.equal((await cluster.kubernetus('up', '--detach')).code, 0);
    assert.equal(await kubectl('get', '-n', 'demo', 'deployment/web', '-o', 'jsonpath={.metadata.uid}'), uid);
    await eventually(async () => assert.match(await fetchText(`http://${ip}/`), /hello from web-/), { withinMs: 30_000 });
  });

  test('curl works with the token and over the socket', async () => {
    const token = readFileSync(join(cluster.dataDir, 'admin.token'), 'utf8');
    assert.equal(token, cluster.token);
    const answers = await Promise.all([
      cluster.kubectl(
        [
          '--cacert',
          join(cluster.dataDir, 'pki/ca.crt'),
          '-sH',
          `Authorization: Bearer ${token}`,
          `https://127.0.0.1:${cluster.port}/api/v1/nodes`,
        ],
        { file: 'curl' },
      ),
      cluster.kubectl(['-s', '--unix-socket', join(cluster.dataDir, 'apiserver.sock'), 'http://localhost/api/v1/nodes'], { file: 'curl' }),
      cluster.kubectl(['-sk', `https://127.0.0.1:${cluster.port}/api/v1/nodes`], { file: 'curl' }),
    ]);
    assert.deepEqual(
      answers.map(({ stdout }) => (JSON.parse(stdout) as { kind: string; code?: number }).code ?? 200),
      [200, 200, 401],
    );
  });
});
