import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.ts';
import { kubectls, prepareTools } from '../support/tools.ts';
import { importBaseImage } from './base-image.ts';
import { findEngine } from './engine.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/kubernetus-tools');
mkdirSync(cache, { recursive: true });
// Not in /tmp: images take a gigabyte, and overlayfs refuses some file systems.
const scratch = mkdtempSync('/var/tmp/kubernetus-compose-');
process.once('SIGTERM', () => process.exit(1));

const NODES = ['node-1', 'node-2', 'node-3'];
const engine = await findEngine({ cache, scratch });
if (kubectls().length === 0) await prepareTools(root);
const kubectlFile = kubectls()[0]?.file;

if (typeof engine === 'string' || kubectlFile === undefined) {
  rmSync(scratch, { recursive: true });
  test('docker compose', { skip: typeof engine === 'string' ? engine : 'found no kubectl' }, () => undefined);
} else
  describe('docker compose', { timeout: 9 * 60_000 }, () => {
    const files = ['docker-compose.yml', ...(engine.own ? ['test/compose/host-network.yml'] : [])];
    const env: NodeJS.ProcessEnv = { ...engine.env };

    const compose = async (...args: string[]): Promise<string> => {
      const all = ['compose', '--progress=plain', ...files.flatMap((file) => ['--file', file]), ...args];
      return (await run('docker', all, { cwd: root, env, maxBuffer: 64 * 1024 * 1024 })).stdout;
    };
    const kubectl = async (...args: string[]): Promise<string> =>
      (await run(kubectlFile, ['--kubeconfig', join(scratch, 'admin/kubeconfig'), ...args], { cwd: root })).stdout;
    /** What a Node.js script prints in a container. */
    const inContainer = (service: string, script: string): Promise<string> => compose('exec', '-T', service, 'node', '-e', script);
    const up = async (): Promise<void> => {
      await compose('up', '--wait').catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await compose('logs', '--tail=20')}`);
      });
    };
    const readyNodes = async (): Promise<string[]> => {
      const { items } = JSON.parse(await kubectl('get', 'nodes', '-o', 'json')) as { items: NodeObject[] };
      return items.filter(({ status }) => status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')).map(nameOf);
    };
    const webPods = async (): Promise<Pod[]> =>
      (JSON.parse(await kubectl('get', 'pods', '-l', 'app=web', '-o', 'json')) as { items: Pod[] }).items.filter(
        ({ metadata }) => metadata.deletionTimestamp === undefined,
      );
    const serviceAddress = (): Promise<string> => kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');

    before(async () => {
      if (engine.own) importBaseImage(engine, { cache, scratch });
      Object.assign(env, {
        COMPOSE_PROJECT_NAME: 'kubernetus-test',
        KUBERNETUS_IMAGE: 'kubernetus-test',
        KUBERNETUS_NETWORK: '10.79',
        KUBERNETUS_PORT: String(await freePort()),
      });
      await compose('build');
      await up();
      await compose('cp', 'setup:/credentials/authority/admin', join(scratch, 'admin'));
    });

    after(async () => {
      await compose('down', '--volumes', '--rmi=all').catch((error: Error) => console.log(error.message));
      await engine.stop();
      rmSync(scratch, { recursive: true, force: true });
    });

    test('ends with three Ready nodes', async () => {
      assert.deepEqual(await readyNodes(), NODES);
    });

    test('gives the host what curl needs', async () => {
      const answer = await new Promise<number | undefined>((resolve, reject) => {
        const ca = readFileSync(join(scratch, 'admin/ca.crt'));
        const headers = { authorization: `Bearer ${readFileSync(join(scratch, 'admin/token'), 'utf8')}` };
        request(`https://127.0.0.1:${env.KUBERNETUS_PORT}/api/v1/nodes`, { ca, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
      assert.equal(answer, 200);
    });

    test("gives each container only its own keys, and pods no say in their node's network", async () => {
      const keys = await inContainer(
        'node-1',
        `console.log(require('fs').readdirSync('/credentials/', {recursive: true}).sort().join(' '))`,
      );
      assert.match(keys, /node-1\/node-1-server\.key/);
      assert.doesNotMatch(keys, /ca\.key|sa\.key|node-2\/|admin/);
      const NET_ADMIN = 1n << 12n;
      const capabilities = await inContainer(
        'node-1',
        `${FIND_PID}; console.log(/CapBnd:\\s*(\\w+)/.exec(readFileSync('/proc/' + pid('kubelet') + '/status', 'utf8'))[1])`,
      );
      assert.equal(BigInt(`0x${capabilities.trim()}`) & NET_ADMIN, 0n);
    });

    test("reaches a Deployment's pods from every node, by their own addresses and the Service's", async () => {
      await kubectl('apply', '-f', 'examples/01-web');
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
      const pods = await webPods();
      assert.equal(pods.length, 3);
      const names = pods.map(nameOf).sort();
      for (const node of NODES) {
        assert.deepEqual(
          await greetings(
            node,
            pods.map(({ status }) => `http://${status.podIP}:8080/`),
          ),
          names,
          `pods' addresses from ${node}`,
        );
        assert.deepEqual(await greetings(node, Array(9).fill(`http://${await serviceAddress()}/`)), names, `the Service from ${node}`);
      }
    });

    test('refuses no connection while a rolling update replaces the pods', async () => {
      const url = `http://${await serviceAddress()}/`;
      const client = inContainer(
        'node-1',
        `(async () => {
           const failures = [];
           let requests = 0;
           for (let updated = 0; updated < 30 && requests < 1000; requests++) {
             await new Promise((resolve) => setTimeout(resolve, 20));
             try {
               const text = await (await fetch('${url}', { headers: { connection: 'close' } })).text();
               updated = text.includes('version 2') ? updated + 1 : 0;
             } catch (error) {
               failures.push(String(error.cause));
             }
           }
           console.log(JSON.stringify({ requests, failures }));
         })()`,
      );
      await kubectl('set', 'env', 'deployment/web', 'VERSION=2');
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
      const { requests, failures } = JSON.parse(await client) as { requests: number; failures: string[] };
      assert.ok(requests > 30 && requests < 1000, `${requests} requests`);
      assert.deepEqual(failures, []);
    });

    test('starts a killed kubelet again, which takes its pods back', async () => {
      const restarts = async (): Promise<string[]> =>
        (await webPods()).map((pod) => `${nameOf(pod)} ${pod.status.containerStatuses?.[0]?.restartCount}`).sort();
      const beforeKill = await restarts();
      const killed = await kill('node-2', 'kubelet');
      await eventually(
        async () => {
          const pid = (await inContainer('node-2', `${FIND_PID}; console.log(pid('kubelet'))`)).trim();
          assert.ok(pid !== '' && pid !== killed, `kubelet has pid ${pid}, had ${killed}`);
          await compose('exec', '-T', 'node-2', 'node', '/app/cluster/compose/healthcheck.mjs', 'http://127.0.0.1:10248/readyz');
        },
        { withinMs: 20_000, everyMs: 200 },
      );
      assert.deepEqual(await restarts(), beforeKill);
      assert.deepEqual(await readyNodes(), NODES);
    });

    test('restarts the container of a killed API server', async () => {
      await kill('apiserver', 'apiserver').catch(() => undefined); // the engine may end the exec along with its container
      await eventually(async () => assert.deepEqual(await readyNodes(), NODES), { withinMs: 30_000, everyMs: 200 });
    });

    test('keeps its objects when it is taken down and up', async () => {
      const uid = (): Promise<string> => kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.uid}');
      const beforeDown = await uid();
      await compose('down');
      await up();
      assert.equal(await uid(), beforeDown);
      assert.deepEqual(await readyNodes(), NODES);
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
      await eventually(
        async () => assert.equal((await greetings('node-3', Array(9).fill(`http://${await serviceAddress()}/`))).length, 3),
        {
          withinMs: 20_000,
        },
      );
    });

    /** Names of the pods that answer at `urls`, each once, sorted. */
    async function greetings(node: string, urls: readonly string[]): Promise<string[]> {
      const script = `(async () => { for (const url of ${JSON.stringify(urls)}) console.log(await (await fetch(url, { headers: { connection: 'close' } })).text()); })()`;
      const names = [...(await inContainer(node, script)).matchAll(/hello from ([^,]+),/g)].map((match) => match[1] ?? '');
      return [...new Set(names)].sort();
    }

    /** Kills a component in its container and gives the pid that it had. */
    async function kill(container: string, program: string): Promise<string> {
      return (
        await inContainer(container, `${FIND_PID}; console.log(pid('${program}')); process.kill(pid('${program}'), 'SIGKILL')`)
      ).trim();
    }
  });

/** Finds the process that runs a component. */
const FIND_PID = `const { readdirSync, readFileSync } = require('fs');
const pid = (program) => {
  const isIt = (command) => command.split('\\0')[0].endsWith('node') && command.includes('boot.cjs\\0' + program + '\\0');
  return readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).find((name) => {
    try { return isIt(readFileSync('/proc/' + name + '/cmdline', 'utf8')); } catch { return false; }
  }) ?? '';
}`;

interface Named {
  metadata: { name: string; deletionTimestamp?: string };
}
interface NodeObject extends Named {
  status: { conditions: { type: string; status: string }[] };
}
interface Pod extends Named {
  status: { podIP?: string; containerStatuses?: { restartCount: number }[] };
}

function nameOf({ metadata }: Named): string {
  return metadata.name;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
