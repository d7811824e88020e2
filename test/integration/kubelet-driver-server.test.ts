import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { get as httpsGet, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { DataDir } from '../../cluster/data-dir.ts';
import { Pki } from '../../cluster/pki.ts';
import type { RuntimeDriver } from '../../kubelet/runtime/driver.ts';
import { ProcessDriver } from '../../kubelet/runtime/process/driver.ts';
import { KubeletServer } from '../../kubelet/server/server.ts';
import type { ContainerStatus, Pod } from '../../shared/api/generated/core-v1.ts';
import { createHealthRegistry } from '../../shared/component/health.ts';
import { createMetricsRegistry } from '../../shared/component/metrics.ts';
import { realClock, timestamp } from '../../shared/machinery/clock.ts';
import { containerSpec, sandboxSpec } from '../contract/runtime-driver.ts';
import { eventually } from '../support/eventually.ts';
import { silentLog } from '../support/silent-log.ts';

type Client = Pick<RequestOptions, 'cert' | 'key' | 'ca'>;
const POD_UID = 'uid-web';

describe('kubelet server', { timeout: 60_000 }, () => {
  const stopping = new AbortController();
  let directory: string;
  let driver: RuntimeDriver;
  let address: string;
  let stopped: Promise<void>;
  let admin: Client;
  let node: Client;
  let ids: string[];
  const statuses: ContainerStatus[] = [];
  const pod = (): Pod => ({
    metadata: { name: 'web', namespace: 'default', uid: POD_UID, creationTimestamp: timestamp(0) } as Pod['metadata'],
    spec: { containers: ['main', 'once', 'waits', 'new'].map((name) => ({ name })) } as Pod['spec'],
    status: { podIP: '127.0.0.9', containerStatuses: statuses },
  });

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kubelet-server-'));
    const dir = new DataDir(join(directory, 'data'));
    mkdirSync(join(dir.root, 'pki'), { recursive: true });
    const pki = await Pki.open(dir, Date.now());
    await pki.ensure({ file: 'server', commonName: 'node-1', serves: { dns: ['localhost'], ips: ['127.0.0.1'] } }, Date.now());
    await pki.ensure({ file: 'admin', commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] }, Date.now());
    await pki.ensure({ file: 'node', commonName: 'system:node:node-2', organizations: ['system:nodes'] }, Date.now());
    const pem = (file: string): string => readFileSync(dir.pki(file), 'utf8');
    const ca = pem('ca.crt');
    admin = { ca, cert: pem('admin.crt'), key: pem('admin.key') };
    node = { ca, cert: pem('node.crt'), key: pem('node.key') };
    driver = await ProcessDriver.open({ rootDir: join(directory, 'node'), clock: realClock, log: silentLog });
    const { id } = await driver.runSandbox(sandboxSpec(directory, { podUid: POD_UID, name: 'web' }), stopping.signal);
    const programs = {
      main: 'echo started; while [ ! -e more ]; do sleep 0.01; done; echo more; exec sleep 300',
      once: 'echo was here; echo oops >&2; exit 3',
    };
    ids = [];
    for (const [name, script] of Object.entries(programs)) {
      const spec = containerSpec(directory, { name, command: ['sh', '-c', script], logPath: join(directory, 'logs', name, '0.log') });
      const container = await driver.createContainer(id, spec, stopping.signal);
      await driver.startContainer(container);
      ids.push(container);
    }
    await eventually(async () => (await driver.list())[0]?.containers[1]?.state === 'exited');
    const status = (name: string, state: ContainerStatus['state'], lastState: ContainerStatus['lastState'] = {}): ContainerStatus =>
      ({ name, state, lastState, containerID: '', image: '', imageID: '', ready: false, restartCount: 0 }) as ContainerStatus;
    statuses.push(
      {
        ...status(
          'main',
          { running: { startedAt: timestamp(0) } },
          { terminated: { containerID: `process://${ids[1]}`, exitCode: 3 } as never },
        ),
        containerID: `process://${ids[0]}`,
      },
      status('once', { terminated: { containerID: `process://${ids[1]}`, exitCode: 3 } as never }),
      status('waits', { waiting: { reason: 'ContainerCreating' } }),
    );
    const server = new KubeletServer({
      host: '127.0.0.1',
      port: 0,
      tls: { cert: pem('server.crt'), key: pem('server.key'), clientCa: ca },
      nodeName: 'node-1',
      pods: { pods: () => [pod()] },
      driver,
      clock: realClock,
      log: silentLog,
      health: createHealthRegistry(),
      metrics: createMetricsRegistry(),
      config: { cgroupDriver: 'none' },
    });
    ({ address, stopped } = await server.listen(stopping.signal));
  });
  after(async () => {
    stopping.abort();
    await stopped;
    for (const { id } of await driver.list()) await driver.removeSandbox(id);
    await driver.close();
    rmSync(directory, { recursive: true });
  });

  const get = (path: string, client: Client = admin): Promise<{ code: number; body: string }> =>
    new Promise((resolve, reject) => {
      const [host = '', port] = address.split(':');
      httpsGet({ host, port, path, ...client, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += String(chunk);
        });
        response.on('end', () => resolve({ code: response.statusCode ?? 0, body }));
      }).on('error', reject);
    });

  const answers: { name: string; path: string; code: number; body: string | RegExp; client?: 'node' | 'nobody' }[] = [
    { name: 'health without a certificate', path: '/healthz', client: 'nobody', code: 200, body: 'ok' },
    { name: 'nothing else without one', path: '/pods', client: 'nobody', code: 401, body: 'Unauthorized' },
    { name: 'nothing to another node', path: '/pods', client: 'node', code: 403, body: /^Forbidden \(user=system:node:node-2/ },
    { name: 'its pods', path: '/pods', code: 200, body: /"kind":"PodList".*"name":"web"/ },
    { name: 'the pods that run', path: '/runningpods/', code: 200, body: /"name":"web"/ },
    { name: 'statistics', path: '/stats/summary', code: 200, body: /"podRef":\{"name":"web".*"usageCoreNanoSeconds"/ },
    {
      name: 'resource metrics',
      path: '/metrics/resource',
      code: 200,
      body: /container_memory_working_set_bytes\{container="main",namespace="default",pod="web"\} \d+/,
    },
    { name: 'its configuration', path: '/configz', code: 200, body: /"kubeletconfig":.*"cgroupDriver":"none"/ },
    { name: 'nothing at an odd path', path: '//', code: 404, body: '404: Page Not Found' },
    { name: 'nothing at a path that is none', path: '/%', code: 404, body: '404: Page Not Found' },
    { name: 'nothing at a foreign address', path: 'http://x/y', code: 404, body: '404: Page Not Found' },
    { name: 'no unknown path', path: '/x', code: 404, body: '404: Page Not Found' },
    { name: 'a log', path: '/containerLogs/default/web/main', code: 200, body: 'started\n' },
    { name: 'a log by uid', path: `/containerLogs/default/web/${POD_UID}/main`, code: 200, body: 'started\n' },
    {
      name: 'one stream of a log with times',
      path: '/containerLogs/default/web/once?stream=Stderr&timestamps=true',
      code: 200,
      body: /^\d{4}-\S+Z oops\n$/,
    },
    {
      name: 'the log of the container before',
      path: '/containerLogs/default/web/main?previous=true&stream=Stdout',
      code: 200,
      body: 'was here\n',
    },
    {
      name: 'that there was none before',
      path: '/containerLogs/default/web/waits?previous=true',
      code: 400,
      body: 'previous terminated container "waits" in pod "web" not found',
    },
    {
      name: 'that a container waits',
      path: '/containerLogs/default/web/waits',
      code: 400,
      body: 'container "waits" in pod "web" is waiting to start: ContainerCreating',
    },
    {
      name: 'that it knows nothing of a container yet',
      path: '/containerLogs/default/web/new',
      code: 400,
      body: 'container "new" in pod "web" is not available',
    },
    {
      name: 'that a container does not exist',
      path: '/containerLogs/default/web/none',
      code: 404,
      body: 'container "none" not found in pod "web"\n',
    },
    { name: 'that a pod does not exist', path: '/containerLogs/default/none/main', code: 404, body: 'pod "none" not found\n' },
    {
      name: 'that a number is none',
      path: '/containerLogs/default/web/main?tailLines=x',
      code: 400,
      body: '{"message": "Invalid tailLines."}',
    },
    {
      name: 'that exec needs an upgrade',
      path: '/exec/default/web/main?command=ls&output=1',
      code: 400,
      body: 'unable to upgrade: missing upgrade headers in request',
    },
  ];
  for (const { name, path, code, body, client } of answers) {
    test(`tells ${name}`, async () => {
      const got = await get(path, client === undefined ? admin : client === 'node' ? node : { ca: admin.ca });
      assert.equal(got.code, code);
      if (typeof body === 'string') assert.equal(got.body, body);
      else assert.match(got.body, body);
    });
  }

  const open = (path: string, protocol: string): WebSocket => new WebSocket(`wss://${address}${path}`, protocol, { ...admin } as object);
  const frame = (protocol: string, channel: number, data: Buffer | string): Buffer | string =>
    protocol.includes('base64')
      ? `${channel}${Buffer.from(data).toString('base64')}`
      : Buffer.concat([Buffer.of(channel), Buffer.from(data)]);
  /** Everything that arrived on each channel until the server closed. */
  const collect = async (socket: WebSocket): Promise<Record<number, string>> => {
    const channels: Record<number, string> = {};
    socket.on('message', (data: Buffer, isBinary) => {
      const channel = isBinary ? (data[0] ?? -1) : Number(String.fromCharCode(data[0] ?? 0));
      const payload = isBinary ? data.subarray(1) : Buffer.from(String(data.subarray(1)), 'base64');
      channels[channel] = (channels[channel] ?? '') + String(payload);
    });
    await once(socket, 'close');
    return channels;
  };

  for (const protocol of ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io']) {
    test(`runs a command over ${protocol}`, async () => {
      const socket = open(
        '/exec/default/web/main?command=sh&command=-c&command=read+line;+echo+got+$line;+echo+err+>%262;+exit+4&input=1&output=1&error=1',
        protocol,
      );
      const all = collect(socket);
      await once(socket, 'open');
      assert.equal(socket.protocol, protocol);
      socket.send(frame(protocol, 0, 'hello\n'));
      const { 1: stdout, 2: stderr, 3: status } = await all;
      assert.deepEqual({ stdout, stderr }, { stdout: 'got hello\n', stderr: 'err\n' });
      assert.deepEqual(JSON.parse(status ?? ''), {
        metadata: {},
        status: 'Failure',
        reason: 'NonZeroExitCode',
        message: 'command terminated with non-zero exit code: exit status 4',
        details: { causes: [{ reason: 'ExitCode', message: '4' }] },
      });
    });
  }

  test('ends stdin when a v5 client closes the channel, and reports success', async () => {
    const socket = open('/exec/default/web/main?command=wc&command=-c&input=1&output=1', 'v5.channel.k8s.io');
    const all = collect(socket);
    await once(socket, 'open');
    const sent = Buffer.alloc(300_000, 'x');
    for (let at = 0; at < sent.length; at += 30_000) socket.send(frame('v5', 0, sent.subarray(at, at + 30_000)));
    socket.send(Buffer.of(255, 0));
    assert.deepEqual(await all, { 1: '300000\n', 3: '{"metadata":{},"status":"Success"}' });
  });

  test('sends much output in order and whole', async () => {
    const socket = open('/exec/default/web/main?command=seq&command=200000&output=1', 'v5.channel.k8s.io');
    const { 1: stdout = '' } = await collect(socket);
    assert.equal(stdout, Array.from({ length: 200_000 }, (_, n) => `${n + 1}\n`).join(''));
  });

  test('says on the error channel that a command cannot start', async () => {
    const { 3: status } = await collect(open('/exec/default/web/main?command=frob&output=1', 'v5.channel.k8s.io'));
    assert.match(
      (JSON.parse(status ?? '') as { message: string }).message,
      /^Internal error occurred: error executing command in container: .*exec: "frob": executable file not found in \$PATH$/,
    );
  });

  const refused: { name: string; path: string; code: number; body: string }[] = [
    {
      name: 'a container that does not run',
      path: '/exec/default/web/once?command=ls&output=1',
      code: 500,
      body: 'container not found ("once")',
    },
    { name: 'a pod that does not exist', path: '/exec/default/none/main?command=ls&output=1', code: 404, body: 'pod does not exist' },
    { name: 'no command', path: '/exec/default/web/main?output=1', code: 400, body: 'you must specify at least 1 command' },
  ];
  for (const { name, path, code, body } of refused) {
    test(`refuses to run in ${name} before the upgrade`, async () => {
      const socket = open(path, 'v5.channel.k8s.io');
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, AsyncIterable<Buffer> & { statusCode: number }];
      let got = '';
      for await (const chunk of response) got += String(chunk);
      assert.deepEqual({ code: response.statusCode, got }, { code, got: body });
    });
  }

  test('kills a command whose client is gone', async () => {
    const socket = open('/exec/default/web/main?command=sh&command=-c&command=echo+$$;exec+sleep+300&output=1', 'v5.channel.k8s.io');
    let pid = '';
    socket.on('message', (data: Buffer) => {
      pid += String(data.subarray(1));
    });
    await eventually(() => pid.includes('\n'));
    socket.terminate();
    await eventually(() => assert.throws(() => process.kill(Number(pid), 0)));
  });

  test('forwards ports', async () => {
    const target = createServer((_request, response) => response.end('from the pod'));
    target.listen(0, '127.0.0.9');
    await once(target, 'listening');
    const { port } = target.address() as AddressInfo;
    const socket = open(`/portForward/default/web?ports=${port}&ports=1`, 'v4.channel.k8s.io');
    const all = collect(socket);
    await once(socket, 'open');
    socket.send(frame('', 0, 'GET / HTTP/1.0\r\n\r\n'));
    const channels = await all;
    const prefix = String(Buffer.of(port & 0xff, port >> 8));
    assert.ok(channels[0]?.startsWith(prefix) && channels[0].endsWith('from the pod'));
    assert.equal(channels[1], prefix);
    assert.match(channels[3] ?? '', /error forwarding port 1 to pod uid-web, uid : connect ECONNREFUSED/);
    target.close();
  });

  test('follows a log until the container ends; attach sees the same', async () => {
    const attached = open('/attach/default/web/main?output=1', 'v4.channel.k8s.io');
    const output = collect(attached);
    await once(attached, 'message');
    const followed = get('/containerLogs/default/web/main?follow=true');
    const socket = open('/exec/default/web/main?command=touch&command=more&error=1', 'v4.channel.k8s.io');
    await collect(socket);
    await eventually(async () => assert.equal((await get('/containerLogs/default/web/main?tailLines=1')).body, 'more\n'));
    await driver.stopContainer(ids[0] ?? '', 0);
    assert.deepEqual(await followed, { code: 200, body: 'started\nmore\n' });
    assert.deepEqual(await output, { 1: 'more\n', 3: '{"metadata":{},"status":"Success"}' });
  });
});
