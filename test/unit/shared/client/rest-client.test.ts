import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { ApiClient } from '../../../../shared/client/api-client.ts';
import { withCause } from '../../../../shared/client/cause.ts';
import { createApiClient } from '../../../../shared/client/rest-client.ts';
import { createMetricsRegistry } from '../../../../shared/component/metrics.ts';
import { isNotFound, notFound } from '../../../../shared/machinery/api-error.ts';
import { realClock } from '../../../../shared/machinery/clock.ts';

interface Seen {
  method: string;
  url: string;
  body: string;
  headers: IncomingMessage['headers'];
}
type Handler = (seen: Seen, response: ServerResponse, count: number) => void;

async function listen(t: TestContext, listener: RequestListener, port = 0): Promise<Server> {
  const server = createServer(listener);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

async function setUp(t: TestContext, handler: Handler): Promise<{ client: ApiClient; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await listen(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        body: Buffer.concat(chunks).toString(),
        headers: request.headers,
      };
      seen.push(one);
      handler(one, response, seen.length);
    });
  });
  return { client: clientFor(t, (server.address() as AddressInfo).port), seen };
}

function clientFor(t: TestContext, port: number): ApiClient {
  const client = createApiClient(
    { server: `http://127.0.0.1:${port}`, token: 'secret' },
    { clock: realClock, userAgent: 'tester/v1', random: () => 0 },
  );
  t.after(() => client.close());
  return client;
}

const answer = (response: ServerResponse, value: unknown, code = 200, headers: Record<string, string> = {}): void => {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
};
const pod = (name: string) => ({ metadata: { name, namespace: 'd', uid: 'u', resourceVersion: '5', creationTimestamp: '' } });

describe('RestClient sends', () => {
  const cases: { name: string; call: (client: ApiClient) => Promise<unknown>; want: Partial<Seen> & { type?: string } }[] = [
    { name: 'get', call: (c) => c.get('pods', 'd/a'), want: { method: 'GET', url: '/api/v1/namespaces/d/pods/a', body: '' } },
    { name: 'get of a cluster-scoped object', call: (c) => c.get('nodes', 'n'), want: { method: 'GET', url: '/api/v1/nodes/n' } },
    {
      name: 'list with options',
      call: (c) => c.list('deployments', { namespace: 'd', labelSelector: 'a in (b,c)', resourceVersion: '0' }),
      want: { method: 'GET', url: '/apis/apps/v1/namespaces/d/deployments?labelSelector=a+in+%28b%2Cc%29&resourceVersion=0' },
    },
    {
      name: 'create with apiVersion and kind',
      call: (c) => c.create('pods', { metadata: { name: 'a', namespace: 'd' } }),
      want: {
        method: 'POST',
        url: '/api/v1/namespaces/d/pods',
        body: '{"metadata":{"name":"a","namespace":"d"},"apiVersion":"v1","kind":"Pod"}',
        type: 'application/json',
      },
    },
    {
      name: 'status update',
      call: (c) => c.updateStatus('pods', { ...pod('a'), spec: { containers: [] } } as never),
      want: { method: 'PUT', url: '/api/v1/namespaces/d/pods/a/status' },
    },
    {
      name: 'strategic patch of a subresource',
      call: (c) => c.patch('pods', 'd/a', { x: 1 }, { type: 'strategic', subresource: 'status' }),
      want: { method: 'PATCH', url: '/api/v1/namespaces/d/pods/a/status', body: '{"x":1}', type: 'application/strategic-merge-patch+json' },
    },
    {
      name: 'apply with the field manager of its user agent',
      call: (c) => c.patch('pods', 'd/a', {}, { type: 'apply', force: true }),
      want: { method: 'PATCH', url: '/api/v1/namespaces/d/pods/a?fieldManager=tester&force=true', type: 'application/apply-patch+yaml' },
    },
    {
      name: 'delete with options',
      call: (c) => c.delete('pods', 'd/a', { gracePeriodSeconds: 0 }),
      want: {
        method: 'DELETE',
        url: '/api/v1/namespaces/d/pods/a',
        body: '{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0}',
      },
    },
    {
      name: 'binding',
      call: (c) => c.createSubresource('pods', 'd/a', 'binding', { target: {} }),
      want: { method: 'POST', url: '/api/v1/namespaces/d/pods/a/binding', body: '{"target":{}}' },
    },
  ];
  for (const { name, call, want } of cases) {
    test(name, async (t) => {
      const { client, seen } = await setUp(t, (_, response) => answer(response, { items: [], metadata: {} }));
      await call(client);
      const { type, ...rest } = want;
      const got = seen[0];
      assert.ok(got);
      assert.equal(got.headers.authorization, 'Bearer secret');
      if (type !== undefined) assert.equal(got.headers['content-type'], type);
      assert.deepEqual(Object.fromEntries(Object.keys(rest).map((k) => [k, got[k as keyof Seen]])), rest);
    });
  }
});

describe('RestClient', () => {
  test('sends the cause under which it was called', async (t) => {
    const { client, seen } = await setUp(t, (_, response) => answer(response, pod('a')));
    await withCause(42, () => client.get('pods', 'd/a'));
    await client.get('pods', 'd/a');
    assert.deepEqual(
      seen.map(({ headers }) => headers['kubernetus-cause']),
      ['42', undefined],
    );
  });

  test('rebuilds the error of the server', async (t) => {
    const { client } = await setUp(t, (_, response) =>
      answer(response, notFound({ group: '', plural: 'pods', kind: 'Pod' }, 'a').status, 404),
    );
    await assert.rejects(client.get('pods', 'd/a'), (error: Error) => isNotFound(error) && error.message === 'pods "a" not found');
  });

  test('fills in apiVersion and kind of list items', async (t) => {
    const { client } = await setUp(t, (_, response) => answer(response, { metadata: { resourceVersion: '7' }, items: [pod('a')] }));
    const { items } = await client.list('deployments');
    assert.deepEqual(
      items.map(({ apiVersion, kind }) => [apiVersion, kind]),
      [['apps/v1', 'Deployment']],
    );
  });

  test('repeats a read after 503 and after a connection cut in the body', async (t) => {
    const { client, seen } = await setUp(t, (_, response, count) => {
      if (count === 1) answer(response, {}, 503);
      else if (count === 2) {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"metadata"', () => response.destroy());
      } else answer(response, pod('a'));
    });
    assert.equal((await client.get('pods', 'd/a')).metadata.name, 'a');
    assert.equal(seen.length, 3);
  });

  test('does not repeat a create whose connection broke', async (t) => {
    const { client, seen } = await setUp(t, (_, response) => response.destroy());
    await assert.rejects(client.create('pods', pod('a')), /^Error: POST \/api\/v1\/namespaces\/d\/pods at 127\.0\.0\.1:\d+: /);
    assert.equal(seen.length, 1);
  });

  test('waits for a server that does not listen yet', async (t) => {
    const probe = await listen(t, () => undefined);
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const created = clientFor(t, port).create('pods', pod('a'));
    await listen(t, (_, response) => answer(response, pod('a'), 201), port);
    assert.equal((await created).metadata.name, 'a');
  });

  test('lets one of many requests find out when the server is back', async (t) => {
    const probe = await listen(t, () => undefined);
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const metrics = createMetricsRegistry();
    const client = createApiClient({ server: `http://127.0.0.1:${port}` }, { clock: realClock, userAgent: 'tester', metrics });
    t.after(() => client.close());
    const stop = new AbortController();
    const given = client.get('pods', 'd/a', stop.signal).catch((error: Error) => error.message);
    const calls = Array.from({ length: 20 }, () => client.get('pods', 'd/a'));
    const refused = (): number => Number(/code="<error>".* (\d+)$/m.exec(metrics.render())?.[1]);
    while (!(refused() >= 24)) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(refused() < 40);
    stop.abort(new Error('the prober left'));
    await listen(t, (_, response) => answer(response, pod('a')), port);
    assert.deepEqual([await given, (await Promise.all(calls)).length], ['the prober left', 20]);
  });

  test('rejects with the reason of its signal, also while it waits for a retry', async (t) => {
    const { client } = await setUp(t, (_, response) => answer(response, {}, 503, { 'retry-after': '100' }));
    const stop = new AbortController();
    const call = client.get('pods', 'd/a', stop.signal);
    setTimeout(() => stop.abort(new Error('stop')), 20);
    await assert.rejects(call, /stop/);
  });

  test('watches never make requests wait, and end with their signal', async (t) => {
    const { client } = await setUp(t, ({ url }, response) => {
      if (!url.includes('watch')) return answer(response, pod('a'));
      response.writeHead(200).write(`${JSON.stringify({ type: 'ADDED', object: pod('w') })}\n`);
    });
    const stop = new AbortController();
    let events = 0;
    const watches = Array.from({ length: 40 }, async () => {
      for await (const _ of client.watch('pods', { resourceVersion: '1' }, stop.signal)) events++;
    });
    await Promise.all(Array.from({ length: 40 }, () => client.get('pods', 'd/a')));
    while (events < 40) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await Promise.all(watches);
  });

  test('a closed client gives up', async (t) => {
    const { client } = await setUp(t, () => undefined);
    const call = client.get('pods', 'd/a');
    setTimeout(() => void client.close(), 10);
    await assert.rejects(call, /the client is closed/);
  });

  test('counts its requests', async (t) => {
    const server = await listen(t, (_, response) => answer(response, pod('a')));
    const metrics = createMetricsRegistry();
    const { port } = server.address() as AddressInfo;
    const client = createApiClient({ server: `http://127.0.0.1:${port}` }, { clock: realClock, userAgent: 'tester', metrics });
    t.after(() => client.close());
    await client.get('pods', 'd/a');
    assert.match(metrics.render(), new RegExp(`rest_client_requests_total\\{code="200",method="GET",host="127.0.0.1:${port}"\\} 1`));
  });
});
