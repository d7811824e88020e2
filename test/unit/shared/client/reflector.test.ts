import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Pod } from '../../../../shared/api/generated/core-v1.ts';
import { Reflector } from '../../../../shared/client/reflector.ts';
import { createApiClient } from '../../../../shared/client/rest-client.ts';
import { realClock } from '../../../../shared/machinery/clock.ts';
import { eventually } from '../../../support/eventually.ts';
import { silentLog } from '../../../support/silent-log.ts';

const pod = (name: string, resourceVersion: string) => ({
  metadata: { name, namespace: 'd', uid: name, resourceVersion, creationTimestamp: '' },
});
const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const gone = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Expired', message: 'too old', code: 410 };

/** Answers in order, each to the next request. */
type Script = ((response: ServerResponse) => void)[];

test('Reflector survives a connection cut inside an event, a restart of the server and 410, over real connections', async (t) => {
  const asked: string[] = [];
  const script: Script = [
    (response) => response.end(JSON.stringify({ metadata: { resourceVersion: '10' }, items: [pod('a', '9')] })),
    (response) => {
      const bytes = Buffer.from(line('ADDED', pod('ü', '11')) + line('ADDED', pod('c', '12')));
      response.write(bytes.subarray(0, 40));
      setImmediate(() => response.write(bytes.subarray(40, bytes.length - 5), () => response.destroy()));
    },
    (response) => response.writeHead(503).end(),
    (response) => response.end(line('ADDED', pod('c', '12')) + line('BOOKMARK', pod('', '20'))),
    (response) => response.end(line('ERROR', gone)),
    (response) => response.end(JSON.stringify({ metadata: { resourceVersion: '30' }, items: [pod('a', '9')] })),
    (response) => response.writeHead(200).flushHeaders(),
  ];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(`${url.searchParams.has('watch') ? 'watch' : 'list'} ${url.searchParams.get('resourceVersion') ?? ''}`.trim());
    script[asked.length - 1]?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createApiClient(
    { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    { clock: realClock, userAgent: 'test' },
  );
  const seen: string[] = [];
  const target = {
    replace: (pods: Pod[], resourceVersion: string) => void seen.push(`${resourceVersion}: ${pods.map(({ metadata }) => metadata.name)}`),
    apply: (type: string, { metadata }: Pod) => void seen.push(`${type} ${metadata.name}`),
  };
  const stop = new AbortController();
  const running = new Reflector(client, { resource: 'pods', selection: {}, target, clock: realClock, log: silentLog }).run(stop.signal);
  t.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  await eventually(() => asked.length === script.length);
  stop.abort();
  await running;
  assert.deepEqual(seen, ['10: a', 'ADDED ü', 'ADDED c', '30: a']);
  assert.deepEqual(asked, ['list 0', 'watch 10', 'watch 11', 'watch 11', 'watch 20', 'list', 'watch 30']);
});
