import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Address, Proxier, ServicePort } from '../../kube-proxy/proxier.ts';

/** What every proxy mode must do, over real sockets on loopback addresses. `ip` is an address that only this suite uses. */
export function proxierContract(name: string, create: () => Proxier, ip: string): void {
  describe(`${name} proxier`, () => {
    const frontend: Address = { ip, port: 18_080 };
    const closers: (() => void)[] = [];
    let proxier: Proxier;
    beforeEach(() => {
      proxier = create();
    });
    afterEach(async () => {
      await proxier.close();
      for (const close of closers.splice(0)) close();
    });
    const port = (endpoints: Address[], more: Partial<ServicePort> = {}): ServicePort => ({
      id: 'default/web:/TCP',
      protocol: 'TCP',
      frontends: [frontend],
      endpoints,
      affinityMs: undefined,
      ...more,
    });
    /** A server that says its name, then echoes. */
    const backend = async (label: string): Promise<Address & { server: Server; sockets: Set<Socket> }> => {
      const sockets = new Set<Socket>();
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.write(`${label}\n`);
        socket.pipe(socket);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      closers.push(() => {
        server.close();
        for (const socket of sockets) socket.destroy();
      });
      return { ip: '127.0.0.1', port: (server.address() as AddressInfo).port, server, sockets };
    };
    /** Connects and reads the first line; rejects when refused or reset. */
    const greeting = async (): Promise<string> => {
      const socket = connect(frontend.port, frontend.ip);
      const [data] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return data.toString().trim();
    };

    test('spreads connections over all endpoints in turn', async () => {
      const backends = [await backend('a'), await backend('b'), await backend('c')];
      await proxier.set('default/web', [port(backends)]);
      const seen: string[] = [];
      for (let i = 0; i < 6; i++) seen.push(await greeting());
      assert.deepEqual(seen.sort(), ['a', 'a', 'b', 'b', 'c', 'c']);
    });

    test('refuses connections when there is no endpoint', async () => {
      await proxier.set('default/web', [port([])]);
      await assert.rejects(greeting(), { code: 'ECONNREFUSED' });
    });

    test('passes over an endpoint that does not answer', async () => {
      const [dead, live] = [await backend('dead'), await backend('live')];
      dead.server.close();
      await proxier.set('default/web', [port([dead, live])]);
      assert.deepEqual([await greeting(), await greeting()], ['live', 'live']);
    });

    test('lets open connections go on when their endpoint leaves', async () => {
      const [old, next] = [await backend('old'), await backend('new')];
      await proxier.set('default/web', [port([old])]);
      const socket = connect(frontend.port, frontend.ip);
      await once(socket, 'data');
      await proxier.set('default/web', [port([next])]);
      assert.equal(await greeting(), 'new');
      socket.write('still here');
      const [data] = (await once(socket, 'data')) as [Buffer];
      assert.equal(data.toString(), 'still here');
      socket.destroy();
    });

    test('carries what one side sends after the other has ended', async () => {
      const only = await backend('x');
      await proxier.set('default/web', [port([only])]);
      const socket = connect({ port: frontend.port, host: frontend.ip, allowHalfOpen: true });
      socket.end('q'.repeat(1_000_000));
      let length = 0;
      for await (const chunk of socket) length += (chunk as Buffer).length;
      assert.equal(length, 1_000_002);
    });

    test('keeps a client on its endpoint where the service asks for that', async () => {
      const backends = [await backend('a'), await backend('b')];
      await proxier.set('default/web', [port(backends, { affinityMs: 60_000 })]);
      const first = await greeting();
      for (let i = 0; i < 4; i++) assert.equal(await greeting(), first);
    });

    test('serves nothing once the service is gone', async () => {
      await proxier.set('default/web', [port([await backend('a')])]);
      await greeting();
      await proxier.set('default/web', []);
      await assert.rejects(greeting(), { code: 'ECONNREFUSED' });
    });

    test('forwards datagrams both ways, and to another endpoint once theirs is gone', async () => {
      const answers = async (label: string): Promise<Address> => {
        const socket = createSocket('udp4');
        socket.on('message', (data, from) => socket.send(`${label}:${data}`, from.port, from.address));
        socket.bind(0, '127.0.0.1');
        await once(socket, 'listening');
        closers.push(() => socket.close());
        return { ip: '127.0.0.1', port: socket.address().port };
      };
      const [a, b] = [await answers('a'), await answers('b')];
      const udp = (endpoints: Address[]): ServicePort => port(endpoints, { id: 'default/dns:/UDP', protocol: 'UDP' });
      await proxier.set('default/dns', [udp([a])]);
      const client = createSocket('udp4');
      closers.push(() => client.close());
      const ask = async (text: string): Promise<string> => {
        client.send(text, frontend.port, frontend.ip);
        const [data] = (await once(client, 'message')) as [Buffer];
        return data.toString();
      };
      assert.deepEqual([await ask('1'), await ask('2')], ['a:1', 'a:2']);
      await proxier.set('default/dns', [udp([b])]);
      assert.equal(await ask('3'), 'b:3');
    });
  });
}
