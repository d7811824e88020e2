import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../proxier.ts';
import type { Balancer } from './balancer.ts';
import type { Frontend } from './frontend.ts';

/** An endpoint that does not answer within this is passed over, ms. */
const CONNECT_TIMEOUT_MS = 3_000;

/** Listens on one address and hands each connection to an endpoint; passes over endpoints that cannot be reached. */
export class TcpFrontend implements Frontend {
  readonly #address: Address;
  readonly #balancer: Balancer;
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;

  constructor(address: Address, balancer: Balancer) {
    this.#address = address;
    this.#balancer = balancer;
  }

  get connections(): number {
    return this.#connections.size;
  }

  async open(): Promise<void> {
    // Both directions end on their own: half-closed connections are ordinary.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => this.#serve(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: this.#address.ip, port: this.#address.port, backlog: 1024, exclusive: true }, () => {
        server.off('error', reject);
        server.on('error', () => undefined);
        resolve();
      });
    });
    this.#server = server;
  }

  #serve(client: Socket): void {
    this.#connections.add(client);
    client.once('close', () => this.#connections.delete(client));
    const candidates = this.#balancer.candidates(client.remoteAddress ?? '');
    const tryNext = (): void => {
      const { value: endpoint } = candidates.next();
      if (endpoint === undefined || client.destroyed) return void client.resetAndDestroy();
      const upstream = connect({ host: endpoint.ip, port: endpoint.port, allowHalfOpen: true, noDelay: true });
      upstream.setTimeout(CONNECT_TIMEOUT_MS, () => upstream.destroy(new Error('timed out')));
      const failed = (): void => {
        upstream.destroy();
        tryNext();
      };
      upstream.once('error', failed);
      upstream.once('connect', () => {
        upstream.off('error', failed);
        upstream.setTimeout(0);
        join(client, upstream);
      });
    };
    client.on('error', () => client.destroy());
    tryNext();
  }

  /** Stops listening; open connections go on. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
  }

  /** Ends the open connections too. */
  async destroy(): Promise<void> {
    await this.close();
    for (const connection of this.#connections) connection.destroy();
  }
}

/** Copies both ways until both sides have ended; a reset of one is passed on to the other. */
function join(client: Socket, upstream: Socket): void {
  client.pipe(upstream);
  upstream.pipe(client);
  client.once('error', () => upstream.resetAndDestroy());
  upstream.once('error', () => client.resetAndDestroy());
  client.once('close', () => upstream.destroy());
  upstream.once('close', () => {
    if (!upstream.readableEnded) client.destroy();
  });
}
