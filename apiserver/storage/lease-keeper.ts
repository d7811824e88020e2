import type { Logger } from '../../shared/component/logging.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { Guard, Op, Provenance, StorageBackend } from './backend.ts';
import { prefixEnd } from './key-encoding.ts';

/** Where leases are kept: beside `/registry/`, so that no resource has them. */
const PREFIX = '/kubernetus/leases/';
/** Keys that one transaction deletes. */
const DELETES_PER_TXN = 500;
/** Until an expired lease whose keys could not be deleted is tried again, ms. */
const RETRY_MS = 1000;

export interface LeaseKeeperOptions {
  backend: StorageBackend;
  clock: Clock;
  log: Logger;
  newId: () => string;
}

export interface Lease {
  id: string;
  /** Belongs into every transaction that puts with this lease: it fails once the lease is gone, and so leaves no key behind. */
  guard: Guard;
}

interface HeldLease extends Lease {
  ttlMs: number;
  /** On the monotonic clock, ms. */
  expiresAt: number;
}

/**
 * Deletes keys some time after they were put with a lease: a little late perhaps, never early. Leases outlive a restart; their
 * time then begins anew.
 */
export class LeaseKeeper {
  readonly #backend: StorageBackend;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #newId: () => string;
  readonly #leases = new Map<string, HeldLease>();
  /** Makes `run` look again. */
  #wake: () => void = () => undefined;

  constructor({ backend, clock, log, newId }: LeaseKeeperOptions) {
    this.#backend = backend;
    this.#clock = clock;
    this.#log = log;
    this.#newId = newId;
  }

  async grant(ttlSeconds: number): Promise<Lease> {
    const id = this.#newId();
    const value = Buffer.from(JSON.stringify({ ttlSeconds }));
    const { revision } = await this.#backend.txn([], [{ put: PREFIX + id, value }], { provenance: PROVENANCE });
    return this.#hold(id, revision, ttlSeconds);
  }

  /** Gives the lease its whole time again; false if it is gone. */
  keepAlive(id: string): boolean {
    const lease = this.#leases.get(id);
    if (lease === undefined) return false;
    lease.expiresAt = this.#clock.monotonic() + lease.ttlMs;
    return true;
  }

  /** Deletes the lease and its keys now; what could not be deleted is tried again by `run`. */
  async revoke(id: string): Promise<void> {
    const lease = this.#leases.get(id);
    this.#leases.delete(id);
    try {
      await this.#deleteAll(id);
    } catch (error) {
      if (lease !== undefined) this.#leases.set(id, { ...lease, expiresAt: this.#clock.monotonic() + RETRY_MS });
      throw error;
    }
  }

  /** Takes up the leases that are in the store, and revokes each that expires. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort);
    try {
      const { entries } = await this.#backend.range({ start: PREFIX, end: prefixEnd(PREFIX) });
      for (const { key, value, modRevision } of entries) {
        const id = key.slice(PREFIX.length);
        if (!this.#leases.has(id)) this.#hold(id, modRevision, readTtl(value));
      }
      while (!signal.aborted) {
        const next = this.#earliest();
        const wait = next === undefined ? undefined : next.expiresAt - this.#clock.monotonic();
        if (next !== undefined && wait !== undefined && wait <= 0) await this.#expire(next);
        else await this.#pause(wait);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #expire({ id }: Lease): Promise<void> {
    try {
      await this.revoke(id);
    } catch (error) {
      this.#log.error({ err: error, lease: id }, 'expired lease not revoked');
    }
  }

  async #deleteAll(id: string): Promise<void> {
    for (;;) {
      const keys = this.#backend.leasedKeys(id);
      const ops: Op[] = keys.slice(0, DELETES_PER_TXN).map((key) => ({ delete: key }));
      const last = keys.length <= DELETES_PER_TXN;
      if (last) ops.push({ delete: PREFIX + id }); // with the last keys: a crash before leaves the lease, to expire again
      await this.#backend.txn([], ops, { provenance: PROVENANCE });
      if (last) return;
    }
  }

  #hold(id: string, modRevision: number, ttlSeconds: number): Lease {
    const ttlMs = ttlSeconds * 1000;
    const lease = { id, guard: { key: PREFIX + id, modRevision }, ttlMs, expiresAt: this.#clock.monotonic() + ttlMs };
    this.#leases.set(id, lease);
    this.#wake();
    return { id, guard: lease.guard };
  }

  #earliest(): HeldLease | undefined {
    let earliest: HeldLease | undefined;
    for (const lease of this.#leases.values()) {
      if (earliest === undefined || lease.expiresAt < earliest.expiresAt) earliest = lease;
    }
    return earliest;
  }

  async #pause(ms: number | undefined): Promise<void> {
    let cancel = (): void => undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (ms !== undefined) cancel = this.#clock.setTimer(ms, resolve);
    });
    cancel();
  }
}

const PROVENANCE: Provenance = { actor: { user: 'system:apiserver', component: 'lease-keeper' } };

function readTtl(value: Uint8Array): number {
  const { ttlSeconds } = JSON.parse(Buffer.from(value).toString()) as { ttlSeconds: number };
  return ttlSeconds;
}
