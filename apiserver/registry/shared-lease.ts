import type { Clock } from '../../shared/machinery/clock.ts';
import type { LeaseKeeper } from '../storage/lease-keeper.ts';

/** How long one lease takes in new keys, ms. Source: apiserver storage/etcd3 defaultLeaseReuseDurationSeconds (60). */
const REUSE_MS = 60_000;

/** One lease for all keys of about the same age: they go together, up to a minute after their time. */
export class SharedLease {
  readonly #keeper: LeaseKeeper;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  #current: { id: Promise<string>; until: number } | undefined;

  constructor(keeper: LeaseKeeper, clock: Clock, ttlMs: number) {
    this.#keeper = keeper;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  /** The lease to put a key with. */
  id(): Promise<string> {
    const now = this.#clock.monotonic();
    if (this.#current === undefined || now >= this.#current.until) {
      const id = this.#keeper.grant(Math.ceil((this.#ttlMs + REUSE_MS) / 1000)).then((lease) => lease.id);
      const current = { id, until: now + REUSE_MS };
      this.#current = current;
      id.catch(() => {
        if (this.#current === current) this.#current = undefined;
      });
    }
    return this.#current.id;
  }
}
