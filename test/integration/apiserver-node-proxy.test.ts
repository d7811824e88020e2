import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';

const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };

describe('the way from the API server to kubelets', () => {
  let server: InProcessApiServer;
  let kubelet: Server;
  let directory: string;
  const asked: string[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubernetus-kubelet-'));
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const names = ['-subj', '/CN=kubelet', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...ec, '-keyout', 'k.key', '-out', 'k.crt', ...names], { cwd: directory, stdio: 'ignore' });
    const [key, cert] = await Promise.all([readFile(join(directory, 'k.key')), readFile(join(directory, 'k.crt'))]);
    kubelet = createServer({ key, cert }, (incoming, response) => {
      asked.push(`${incoming.method} ${incoming.url}`);
      if (incoming.url?.includes('/waiting') === true) {
        response.writeHead(400).end('container "waiting" in pod "p" is waiting to start: ContainerCreating');
      } else {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.write('line 1\n');
        setImmediate(() => response.end('line 2\n'));
      }
    });
    kubelet.on('upgrade', (incoming, socket, head) => {
      asked.push(`${incoming.method} ${incoming.url}`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${incoming.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`);
      socket.write(head);
      socket.pipe(socket); // an echo
    });
    await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve));
    server = await startApiServer({ config: { kubeletCertificateAuthority: join(directory, 'k.crt') } });
    await server.call('POST', '/api/v1/nodes', { metadata: { name: 'n' } });
    const { port } = kubelet.address() as AddressInfo;
    const status = { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: port } } };
    const patched = await server.call('PATCH', '/api/v1/nodes/n/status', { status }, MERGE);
    assert.equal(patched.code, 200, patched.text);
    const containers = ['c', 'waiting'].map((name) => ({ name, image: 'i' }));
    await server.call('POST', PODS, { metadata: { name: 'p' }, spec: { nodeName: 'n', containers } });
    await server.call('POST', PODS, { metadata: { name: 'nowhere' }, spec: { containers: containers.slice(0, 1) } });
  });
  after(async () => {
    await server.stop();
    kubelet.closeAllConnections();
    kubelet.close();
    await rm(directory, { recursive: true });
  });

  test('logs pass through, with the options in the kubelet’s words', async () => {
    const logs = await server.call('GET', `${PODS}/p/log?container=c&follow=true&tailLines=5&previous=false`);
    assert.deepEqual([logs.code, logs.text], [200, 'line 1\nline 2\n']);
    assert.equal(asked.at(-1), 'GET /containerLogs/default/p/c?follow=true&tailLines=5');
  });

  const refused = [
    {
      name: 'no container is named and there are two',
      path: `${PODS}/p/log`,
      message: 'a container name must be specified for pod p, choose one of: [c waiting]',
    },
    { name: 'the container is not of the pod', path: `${PODS}/p/log?container=x`, message: 'container x is not valid for pod p' },
    {
      name: 'the kubelet refuses',
      path: `${PODS}/p/log?container=waiting`,
      message: 'container "waiting" in pod "p" is waiting to start: ContainerCreating',
    },
    { name: 'the pod is on no node', path: `${PODS}/nowhere/log`, message: 'pod nowhere does not have a host assigned' },
    { name: 'the request is no upgrade', path: `${PODS}/p/exec?container=c&command=ls`, message: 'Upgrade request required' },
  ];
  for (const { name, path, message } of refused) {
    test(`says so when ${name}`, async () => {
      const answer = await server.call('GET', path);
      assert.deepEqual([answer.code, answer.json.reason, answer.json.message], [400, 'BadRequest', message]);
    });
  }

  function upgrade(path: string): Promise<{ code: number; echo?: string; body?: string }> {
    return new Promise((resolve, reject) => {
      const headers = { connection: 'Upgrade', upgrade: 'websocket', authorization: 'Bearer secret' };
      const sent = request({ socketPath: server.socket, path, headers });
      sent.on('error', reject);
      sent.on('response', (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve({ code: response.statusCode ?? 0, body }));
      });
      sent.on('upgrade', (response, socket) => {
        socket.once('data', (chunk: Buffer) => {
          socket.destroy();
          resolve({ code: response.statusCode ?? 0, echo: chunk.toString() });
        });
        socket.write('ping');
      });
      sent.end();
    });
  }

  test('an upgraded connection reaches the kubelet byte for byte', async () => {
    assert.deepEqual(await upgrade(`${PODS}/p/exec?container=c&command=ls&command=-l&stdin=true&stdout=true&tty=true`), {
      code: 101,
      echo: 'ping',
    });
    assert.equal(asked.at(-1), 'GET /exec/default/p/c?input=1&output=1&tty=1&command=ls&command=-l');
    assert.deepEqual(await upgrade(`${PODS}/p/portforward?ports=80`), { code: 101, echo: 'ping' });
    assert.equal(asked.at(-1), 'GET /portForward/default/p?ports=80');
  });

  test('an upgrade that is refused is answered by a Status', async () => {
    for (const [path, code] of [
      [`${PODS}/none/exec`, 404],
      [`${PODS}/nowhere/exec`, 400],
      ['/api/v1/things', 404],
      ['/%', 500],
    ] as const) {
      const answer = await upgrade(path);
      assert.equal(JSON.parse(answer.body ?? '').kind, 'Status');
      if (code !== 500) assert.equal(answer.code, code, path);
    }
  });

  test('a node’s own paths are reached through its proxy', async () => {
    const answer = await server.call('GET', '/api/v1/nodes/n/proxy/stats/summary?a=b');
    assert.deepEqual([answer.code, asked.at(-1)], [200, 'GET /stats/summary?a=b']);
  });

  test('stopping the server ends the streams that are open', async () => {
    const other = await startApiServer({ config: { kubeletCertificateAuthority: join(directory, 'k.crt') } });
    await other.call('POST', '/api/v1/nodes', { metadata: { name: 'n' } });
    const { port } = kubelet.address() as AddressInfo;
    const status = { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: port } } };
    await other.call('PATCH', '/api/v1/nodes/n/status', { status }, MERGE);
    await other.call('POST', PODS, { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } });
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const stream = await new Promise<Duplex>((resolve, reject) => {
      const sent = request({ socketPath: other.socket, path: `${PODS}/p/exec?command=sh`, headers });
      sent.on('error', reject);
      sent.on('upgrade', (_response, socket) => resolve(socket));
      sent.end();
    });
    const closed = new Promise<void>((resolve) =>
      stream
        .on('error', () => {})
        .once('close', () => resolve())
        .resume(),
    );
    await other.stop();
    await closed;
  });
});
