import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { HookRunner } from '../../../../kubelet/hooks/hook-runner.ts';
import { SimulatedDriver } from '../../../../kubelet/runtime/simulated/driver.ts';
import type { LifecycleHandler } from '../../../../shared/api/generated/core-v1.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { container } from '../pods/builders.ts';

const never = new AbortController().signal;

describe('HookRunner', () => {
  const clock = new FakeClock();
  const runner = new HookRunner({ driver: new SimulatedDriver({ clock }), clock, userAgent: 'kube-probe/1.36' });
  const target = { id: 'none', container: container('c', { ports: [{ name: 'web', containerPort: 1 }] }), podIP: '127.0.0.1' };
  const run = (handler: LifecycleHandler, signal = never) => runner.run(handler, target, signal);

  test('calls HTTP', async () => {
    let path: string | undefined;
    const server = createServer((request, response) => {
      path = request.url;
      response.writeHead(path === '/bad' ? 500 : 200).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    assert.equal(await run({ httpGet: { path: '/up', port } }), undefined);
    assert.equal(path, '/up');
    assert.equal(await run({ httpGet: { path: '/bad', port } }), 'HTTP lifecycle hook failed with statuscode: 500');
    server.close();
    assert.match((await run({ httpGet: { port: 'web' } })) ?? '', /connection refused/);
    assert.equal(await run({ httpGet: { port: 'nope' } }), "couldn't find port by name nope in container c");
  });

  test('sleeps, and stops when it is told to', async () => {
    const sleeping = run({ sleep: { seconds: 5 } });
    await clock.advance(5_000);
    assert.equal(await sleeping, undefined);
    const stop = new AbortController();
    const cut = run({ sleep: { seconds: 5 } }, stop.signal);
    stop.abort();
    assert.equal(await cut, undefined);
  });

  test('takes a TCP hook for done', async () => assert.equal(await run({ tcpSocket: { port: 1 } }), undefined));
  test('says why a command could not run', async () =>
    assert.match((await run({ exec: { command: ['true'] } })) ?? '', /not found|NotFound|no/i));
});
