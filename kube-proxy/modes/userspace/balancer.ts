import type { Clock } from '../../../shared/machinery/clock.ts';
import type { Address } from '../../proxier.ts';

/** Above this many remembered clients the expired ones are dropped. */
const SWEEP_ABOVE = 1024;

/** Chooses an endpoint for each new connection: round robin, or the client's last one where the service wants affinity. */
export class Balancer {
  readonly #clock: Clock;
  #endpoints: readonly Address[] = [];
  #affinityMs: number | undefined;
  #next = 0;
  readonly #clients = new Map<string, { endpoint: string; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(endpoints: readonly Address[], affinityMs: number | undefined): void {
    this.#endpoints = endpoints;
    this.#affinityMs = affinityMs;
    if (affinityMs === undefined) this.#clients.clear();
  }

  get empty(): boolean {
    return this.#endpoints.length === 0;
  }

  /** Endpoints to try in turn, best first: each one once. */
  *candidates(client: string): Generator<Address> {
    const endpoints = this.#endpoints;
    const sticky = this.#sticky(client);
    if (sticky !== undefined) {
      this.#remember(client, sticky);
      yield sticky;
    }
    const start = this.#next;
    this.#next = endpoints.length === 0 ? 0 : (start + 1) % endpoints.length;
    for (let i = 0; i < endpoints.length; i++) {
      const endpoint = endpoints[(start + i) % endpoints.length];
      if (endpoint === undefined || endpoint === sticky) continue;
      this.#remember(client, endpoint);
      yield endpoint;
    }
  }

  #sticky(client: string): Address | undefined {
    const known = this.#clients.get(client);
    if (known === undefined || known.until < this.#clock.monotonic()) return undefined;
    return this.#endpoints.find((endpoint) => addressKey(endpoint) === known.endpoint);
  }

  #remember(client: string, endpoint: Address): void {
    if (this.#affinityMs === undefined) return;
    const now = this.#clock.monotonic();
    if (this.#clients.size > SWEEP_ABOVE) for (const [key, { until }] of this.#clients) if (until < now) this.#clients.delete(key);
    this.#clients.set(client, { endpoint: addressKey(endpoint), until: now + this.#affinityMs });
  }
}

export function addressKey({ ip, port }: Address): string {
  return `${ip}:${port}`;
}
