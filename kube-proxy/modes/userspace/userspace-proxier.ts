import type { Logger } from '../../../shared/component/logging.ts';
import type { Gauge, MetricsRegistry } from '../../../shared/component/metrics.ts';
import { Backoff } from '../../../shared/machinery/backoff.ts';
import type { Clock } from '../../../shared/machinery/clock.ts';
import type { Address, Proxier, ServicePort } from '../../proxier.ts';
import { addressKey, Balancer } from './balancer.ts';
import type { Frontend } from './frontend.ts';
import { TcpFrontend } from './tcp-frontend.ts';
import { UdpFrontend } from './udp-frontend.ts';

export interface UserspaceDeps {
  clock: Clock;
  log: Logger;
  metrics?: MetricsRegistry;
  udpTimeoutMs: number;
}

interface Served {
  balancer: Balancer;
  /** By `ip:port`. */
  frontends: Map<string, Frontend>;
}

/** Services by forwarding in this process: one listener a service address. Works everywhere, without privileges for ports above 1023. */
export class UserspaceProxier implements Proxier {
  readonly mode = 'userspace';
  readonly #deps: UserspaceDeps;
  /** Service → its ports by id. */
  readonly #served = new Map<string, Map<string, Served>>();
  /** Closed, but still carrying connections. */
  readonly #draining = new Set<Frontend>();
  readonly #retries = new Map<string, { cancel: () => void; backoff: Backoff }>();
  readonly #unserved: Gauge | undefined;
  /** What `set` was last asked for, for retries. */
  readonly #wanted = new Map<string, readonly ServicePort[]>();
  /** Changes of one service happen one after another. */
  readonly #tails = new Map<string, Promise<void>>();
  #closed = false;

  constructor(deps: UserspaceDeps) {
    this.#deps = deps;
    this.#unserved = deps.metrics?.gauge('kubeproxy_unserved_services', 'Services with an address on which this proxy cannot listen');
  }

  set(service: string, ports: readonly ServicePort[]): Promise<void> {
    if (ports.length === 0) this.#wanted.delete(service);
    else this.#wanted.set(service, ports);
    const tail = (this.#tails.get(service) ?? Promise.resolve()).then(() => this.#apply(service, this.#wanted.get(service) ?? []));
    this.#tails.set(service, tail);
    return tail.finally(() => {
      if (this.#tails.get(service) === tail) this.#tails.delete(service);
    });
  }

  async #apply(service: string, ports: readonly ServicePort[]): Promise<void> {
    if (this.#closed) return;
    const served = this.#served.get(service) ?? new Map<string, Served>();
    this.#served.set(service, served);
    const ids = new Set(ports.map(({ id }) => id));
    for (const [id, gone] of served) {
      if (ids.has(id)) continue;
      served.delete(id);
      await this.#closeAll(gone.frontends);
    }
    const failures: string[] = [];
    for (const port of ports) failures.push(...(await this.#applyPort(served, port)));
    if (served.size === 0) this.#served.delete(service);
    this.#retryLater(service, failures);
  }

  async #applyPort(served: Map<string, Served>, port: ServicePort): Promise<string[]> {
    const entry = served.get(port.id) ?? { balancer: new Balancer(this.#deps.clock), frontends: new Map<string, Frontend>() };
    served.set(port.id, entry);
    entry.balancer.set(port.endpoints, port.affinityMs);
    // Without endpoints nothing listens, so that the system refuses connections as it would for a port without a server.
    const wanted = new Map(port.endpoints.length === 0 ? [] : port.frontends.map((address) => [addressKey(address), address]));
    const gone = new Map([...entry.frontends].filter(([key]) => !wanted.has(key)));
    for (const key of gone.keys()) entry.frontends.delete(key);
    await this.#closeAll(gone);
    for (const frontend of entry.frontends.values()) frontend.endpointsChanged?.(port.endpoints);
    const opened = await Promise.all(
      [...wanted].filter(([key]) => !entry.frontends.has(key)).map(([key, address]) => this.#open(entry, port, key, address)),
    );
    return opened.filter((failure) => failure !== undefined);
  }

  /** Undefined, or why the address cannot be served. */
  async #open(entry: Served, { protocol }: ServicePort, key: string, address: Address): Promise<string | undefined> {
    const { clock, udpTimeoutMs } = this.#deps;
    const frontend =
      protocol === 'TCP'
        ? new TcpFrontend(address, entry.balancer)
        : new UdpFrontend(address, entry.balancer, { clock, timeoutMs: udpTimeoutMs });
    try {
      await frontend.open();
      entry.frontends.set(key, frontend);
      return undefined;
    } catch (error) {
      return `${key}/${protocol}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #retryLater(service: string, failures: readonly string[]): void {
    const earlier = this.#retries.get(service);
    earlier?.cancel();
    this.#retries.delete(service);
    if (failures.length > 0 && !this.#closed) {
      const backoff = earlier?.backoff ?? new Backoff({ initialMs: 100, maxMs: 30_000 });
      if (backoff.failures === 0) this.#deps.log.warn({ service, failures }, 'cannot listen on service address, will retry');
      const cancel = this.#deps.clock.setTimer(backoff.next(), () => void this.set(service, this.#wanted.get(service) ?? []));
      this.#retries.set(service, { cancel, backoff });
    }
    this.#unserved?.set(this.#retries.size);
  }

  async #closeAll(frontends: ReadonlyMap<string, Frontend>): Promise<void> {
    for (const old of this.#draining) if (old.connections === 0) this.#draining.delete(old);
    for (const frontend of frontends.values()) {
      await frontend.close();
      if (frontend.connections > 0) this.#draining.add(frontend);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { cancel } of this.#retries.values()) cancel();
    await Promise.all(this.#tails.values());
    const open = [...this.#served.values()].flatMap((ports) => [...ports.values()].flatMap(({ frontends }) => [...frontends.values()]));
    await Promise.all([...open, ...this.#draining].map((frontend) => frontend.destroy()));
  }
}
