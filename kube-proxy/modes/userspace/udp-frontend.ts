import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../../../shared/machinery/clock.ts';
import type { Address } from '../../proxier.ts';
import { addressKey, type Balancer } from './balancer.ts';
import type { Frontend } from './frontend.ts';

interface Flow {
  socket: Socket;
  send: (data: Buffer) => void;
  endpoint: string;
  lastUsed: number;
}

/** Clients that are served at the same time; above it the one that was silent longest is dropped. */
const MAX_FLOWS = 4096;

/** Passes datagrams on: each client address has a socket of its own to its endpoint until it has been silent for a while. */
export class UdpFrontend implements Frontend {
  readonly #address: Address;
  readonly #balancer: Balancer;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #flows = new Map<string, Flow>();
  #socket: Socket | undefined;
  #cancelSweep: (() => void) | undefined;

  constructor(address: Address, balancer: Balancer, { clock, timeoutMs }: { clock: Clock; timeoutMs: number }) {
    this.#address = address;
    this.#balancer = balancer;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** A datagram is no connection: nothing outlives `close`. */
  get connections(): number {
    return 0;
  }

  async open(): Promise<void> {
    const socket = createSocket(family(this.#address.ip));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: this.#address.ip, port: this.#address.port, exclusive: true }, () => {
        socket.off('error', reject);
        socket.on('error', () => undefined);
        resolve();
      });
    });
    socket.on('message', (data, from) => this.#forward(data, from));
    this.#socket = socket;
  }

  #forward(data: Buffer, from: RemoteInfo): void {
    const client = `${from.address}:${from.port}`;
    const flow = this.#flows.get(client) ?? this.#newFlow(client, from);
    if (flow === undefined) return;
    // In the order of use, so that the first is the one silent longest.
    this.#flows.delete(client);
    this.#flows.set(client, flow);
    flow.lastUsed = this.#clock.monotonic();
    flow.send(data);
  }

  #newFlow(client: string, from: RemoteInfo): Flow | undefined {
    const { value: endpoint } = this.#balancer.candidates(from.address).next();
    if (endpoint === undefined) return undefined;
    const socket = createSocket(family(endpoint.ip));
    socket.on('error', () => this.#drop(client));
    socket.on('message', (data) => {
      flow.lastUsed = this.#clock.monotonic();
      this.#socket?.send(data, from.port, from.address);
    });
    const flow: Flow = { socket, send: sender(socket), endpoint: addressKey(endpoint), lastUsed: this.#clock.monotonic() };
    if (this.#flows.size >= MAX_FLOWS) {
      const [oldest] = this.#flows.keys();
      if (oldest !== undefined) this.#drop(oldest);
    }
    this.#flows.set(client, flow);
    socket.connect(endpoint.port, endpoint.ip);
    this.#sweepLater();
    return flow;
  }

  /** Clients of endpoints that are gone choose anew with their next datagram. */
  endpointsChanged(endpoints: readonly Address[]): void {
    const left = new Set(endpoints.map(addressKey));
    for (const [client, { endpoint }] of this.#flows) if (!left.has(endpoint)) this.#drop(client);
  }

  #sweepLater(): void {
    this.#cancelSweep ??= this.#clock.setTimer(this.#timeoutMs, () => {
      this.#cancelSweep = undefined;
      const now = this.#clock.monotonic();
      for (const [client, { lastUsed }] of this.#flows) if (now - lastUsed >= this.#timeoutMs) this.#drop(client);
      if (this.#flows.size > 0) this.#sweepLater();
    });
  }

  #drop(client: string): void {
    this.#flows.get(client)?.socket.close();
    this.#flows.delete(client);
  }

  async close(): Promise<void> {
    this.#cancelSweep?.();
    for (const client of [...this.#flows.keys()]) this.#drop(client);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  async destroy(): Promise<void> {
    await this.close();
  }
}

/** Sends on a socket once it is connected; datagrams that come earlier wait. */
function sender(socket: Socket): (data: Buffer) => void {
  let waiting: Buffer[] | undefined = [];
  socket.once('connect', () => {
    for (const data of waiting ?? []) socket.send(data);
    waiting = undefined;
  });
  return (data) => (waiting === undefined ? socket.send(data) : void waiting.push(data));
}

function family(ip: string): 'udp4' | 'udp6' {
  return isIPv6(ip) ? 'udp6' : 'udp4';
}
