import assert from 'node:assert/strict';
import { createServer as createHttp, type IncomingMessage } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { probeGrpc } from '../../../../kubelet/probes/grpc.ts';
import { probeHttp } from '../../../../kubelet/probes/http.ts';
import type { HttpTarget } from '../../../../kubelet/probes/http-get.ts';
import { probeTcp } from '../../../../kubelet/probes/tcp.ts';
import { realClock } from '../../../../shared/machinery/clock.ts';

const HOST = '127.0.0.1';
const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, HOST, () => resolve((server.address() as AddressInfo).port)));

describe('network probes', () => {
  let seen: IncomingMessage | undefined;
  const http = createHttp((request, response) => {
    seen = request;
    const url = new URL(request.url ?? '/', 'http://x');
    if (url.pathname === '/hang') return;
    if (url.pathname === '/loop') return void response.writeHead(302, { location: '/loop' }).end();
    if (url.pathname === '/away') return void response.writeHead(302, { location: 'http://example.invalid/' }).end('go');
    if (url.pathname === '/here') return void response.writeHead(302, { location: '/ok' }).end();
    response.writeHead(Number(url.searchParams.get('code') ?? 200)).end('body');
  });
  const grpc = createHttp2();
  grpc.on('stream', (stream, headers) => {
    let body = Buffer.alloc(0);
    stream.on('data', (chunk: Buffer) => (body = Buffer.concat([body, chunk])));
    stream.on('end', () => {
      const service = body.subarray(7).toString();
      if (headers[':path'] !== '/grpc.health.v1.Health/Check' || service === 'unimplemented') {
        return void stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12', 'grpc-message': 'unknown service' },
          { endStream: true },
        );
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, service === 'down' ? 2 : 1]));
    });
  });
  const ports = { http: 0, grpc: 0, closed: 0 };
  before(async () => {
    ports.http = await listen(http as unknown as Server);
    ports.grpc = await listen(grpc as unknown as Server);
    const gone = createTcp();
    ports.closed = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));
  });
  after(() => {
    http.closeAllConnections();
    http.close();
    grpc.close();
  });

  const target = (path: string, fields: Partial<HttpTarget> = {}): HttpTarget => ({
    scheme: 'HTTP',
    host: HOST,
    port: ports.http,
    path,
    headers: [],
    userAgent: 'kube-probe/1.36',
    ...fields,
  });
  const get = (path: string, fields: Partial<HttpTarget> = {}) => probeHttp(target(path, fields), 2_000, realClock);

  test('an HTTP answer below 400 is a success', async () => assert.deepEqual(await get('/ok'), { result: 'success', message: 'body' }));
  test('an HTTP answer of 400 and more is a failure', async () =>
    assert.deepEqual(await get('/?code=500'), { result: 'failure', message: 'HTTP probe failed with statuscode: 500' }));
  test('a redirect on the same host is followed', async () => assert.deepEqual(await get('/here'), { result: 'success', message: 'body' }));
  test('a redirect to another host is a warning', async () =>
    assert.deepEqual(await get('/away'), { result: 'warning', message: 'Probe terminated redirects, Response body: go' }));
  test('endless redirects are a failure', async () => assert.match((await get('/loop')).message, /stopped after 10 redirects/));
  test('own headers replace those of the probe', async () => {
    await get('ok', {
      headers: [
        { name: 'user-agent', value: 'me' },
        { name: 'X-Two', value: 'a' },
        { name: 'Host', value: 'shop' },
      ],
    });
    assert.deepEqual(
      [seen?.headers['user-agent'], seen?.headers['x-two'], seen?.headers.host, seen?.headers.accept, seen?.url],
      ['me', 'a', 'shop', '*/*', '/ok'],
    );
  });
  test('a refused connection reads as Go puts it', async () => {
    const { closed } = ports;
    assert.deepEqual(await get('/healthz', { port: closed }), {
      result: 'failure',
      message: `Get "http://127.0.0.1:${closed}/healthz": dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    });
  });
  test('a server that does not answer in time is a failure', async () => {
    const { message } = await probeHttp(target('/hang'), 50, realClock);
    assert.equal(
      message,
      `Get "http://127.0.0.1:${ports.http}/hang": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    );
  });

  test('a TCP probe succeeds where it can connect', async () =>
    assert.deepEqual(await probeTcp(HOST, ports.http, 1_000, realClock), { result: 'success', message: '' }));
  test('a TCP probe fails where it cannot', async () =>
    assert.deepEqual(await probeTcp(HOST, ports.closed, 1_000, realClock), {
      result: 'failure',
      message: `dial tcp 127.0.0.1:${ports.closed}: connect: connection refused`,
    }));

  const check = (service: string, port = ports.grpc) =>
    probeGrpc({ host: HOST, port, service, userAgent: 'kube-probe/1.36' }, 1_000, realClock);
  test('a gRPC service that serves is healthy', async () => assert.equal((await check('')).result, 'success'));
  test('a named gRPC service is asked for', async () =>
    assert.deepEqual(await check('down'), { result: 'failure', message: 'service unhealthy (responded with "NOT_SERVING")' }));
  test('a gRPC server without health service fails', async () =>
    assert.deepEqual(await check('unimplemented'), {
      result: 'failure',
      message: 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service',
    }));
  test('a gRPC server that is not there fails', async () => {
    const { closed } = ports;
    assert.deepEqual(await check('', closed), {
      result: 'failure',
      message: `timeout: failed to connect service "127.0.0.1:${closed}" within 1s: context deadline exceeded`,
    });
  });
});
