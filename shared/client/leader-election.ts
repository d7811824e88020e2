import type { Lease, LeaseSpec } from '../api/generated/coordination-v1.ts';
import { isNotFound } from '../machinery/api-error.ts';
import { type Clock, microTimestamp } from '../machinery/clock.ts';
import { objectKey } from '../machinery/object-key.ts';
import type { ApiClient } from './api-client.ts';
import { linkedAbort } from './linked-abort.ts';
import type { ClientLog, ClientMetrics } from './observability.ts';

export interface LeaderElectionOptions {
  client: ApiClient;
  /** Unique in the cluster and for this process's life: host name and something random. */
  identity: string;
  leaseName: string;
  namespace: string;
  clock: Clock;
  log: ClientLog;
  metrics?: ClientMetrics;
  random?: () => number;
  leaseDurationMs?: number;
  renewDeadlineMs?: number;
  retryPeriodMs?: number;
  /** Runs while this process leads. Settles soon after its signal aborts: by then another may lead. */
  onStartedLeading(signal: AbortSignal): Promise<void>;
  /** Called with each new holder of the lease, this process included. */
  onNewLeader?(identity: string): void;
}

/** Source: kube-controller-manager's --leader-elect-* defaults (15 s, 10 s, 2 s). */
const LEASE_DURATION_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_PERIOD_MS = 2_000;
/** Source: client-go leaderelection.JitterFactor. */
const JITTER = 1.2;
/** How long a stopping leader tries to hand over, ms. */
const RELEASE_MS = 2_000;

/**
 * Waits for the lease, leads while it can renew it, and gives it back when `signal` aborts, so that a successor leads at once. Rejects with
 * "leaderelection lost" once the lease could not be renewed in time and `onStartedLeading` has settled: the process should end then.
 * Never two leaders, provided that clocks run equally fast: a leader steps down `leaseDuration - renewDeadline` before others may take over.
 */
export async function runLeaderElection(options: LeaderElectionOptions, signal: AbortSignal): Promise<void> {
  await new Elector(options).run(signal);
}

class Elector {
  readonly #o: LeaderElectionOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #isLeader: ReturnType<ClientMetrics['gauge']> | undefined;
  /** The lease as last seen, and when (monotonic) its holder last changed it as far as we saw. */
  #seen: { lease: Lease; record: string; atMs: number } | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#o = options;
    this.#leaseDurationMs = options.leaseDurationMs ?? LEASE_DURATION_MS;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? RENEW_DEADLINE_MS;
    this.#retryPeriodMs = options.retryPeriodMs ?? RETRY_PERIOD_MS;
    if (this.#leaseDurationMs <= this.#renewDeadlineMs) throw new Error('leaseDuration must be greater than renewDeadline');
    if (this.#renewDeadlineMs <= this.#retryPeriodMs * JITTER)
      throw new Error('renewDeadline must be greater than retryPeriod*JitterFactor');
    this.#isLeader = options.metrics?.gauge(
      'leader_election_master_status',
      "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease. Please make sure to group by name.",
      ['name'],
    );
    this.#isLeader?.set(0, { name: options.leaseName });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log, identity, leaseName } = this.#o;
    const validUntilMs = await this.#acquire(signal);
    if (validUntilMs === undefined) return;
    log.info({ lease: leaseName, identity }, 'became leader');
    this.#isLeader?.set(1, { name: leaseName });
    const leading = new AbortController();
    let outcome: { error: unknown } | undefined;
    const task = (async () => {
      try {
        await this.#o.onStartedLeading(leading.signal);
      } catch (error) {
        outcome = { error };
      }
    })();
    const over = linkedAbort(signal);
    const lost = this.#renewUntilLost(validUntilMs, over.signal);
    const wasLost = await Promise.race([lost, task.then(() => false)]);
    this.#isLeader?.set(0, { name: leaseName });
    leading.abort();
    over.abort();
    over.unlink();
    if (wasLost) log.error({ lease: leaseName, identity }, 'leader election lost');
    await task;
    await lost;
    if (!wasLost) await this.#release();
    if (outcome !== undefined) throw outcome.error;
    if (wasLost) throw new Error('leaderelection lost');
  }

  /** Until when (monotonic) the lease may be relied on; undefined if `signal` aborted first. */
  async #acquire(signal: AbortSignal): Promise<number | undefined> {
    const { clock, random = Math.random } = this.#o;
    while (!signal.aborted) {
      const startedAt = clock.monotonic();
      if (await this.#try(this.#renewDeadlineMs, signal)) {
        const validUntilMs = startedAt + this.#renewDeadlineMs;
        if (clock.monotonic() < validUntilMs) return validUntilMs;
      }
      await clock.sleep(this.#retryPeriodMs * (1 + JITTER * random()), signal);
    }
    return undefined;
  }

  /** Renews until `stop` aborts (false) or the deadline passed since the start of the last renewal that succeeded (true). */
  async #renewUntilLost(validUntilMs: number, stop: AbortSignal): Promise<boolean> {
    const { clock } = this.#o;
    let until = validUntilMs;
    for (;;) {
      await clock.sleep(Math.min(this.#retryPeriodMs, until - clock.monotonic()), stop);
      if (stop.aborted) return false;
      const startedAt = clock.monotonic();
      if (startedAt >= until) return true;
      if ((await this.#try(until - startedAt, stop)) && clock.monotonic() < until) until = startedAt + this.#renewDeadlineMs;
      if (stop.aborted) return false;
    }
  }

  /** One attempt to get or renew the lease, given up after `limitMs`. */
  async #try(limitMs: number, signal: AbortSignal): Promise<boolean> {
    const limit = linkedAbort(signal);
    const cancel = this.#o.clock.setTimer(limitMs, () => limit.abort(new Error('took too long')));
    try {
      return await this.#tryAcquireOrRenew(limit.signal);
    } catch (error) {
      if (!signal.aborted) this.#o.log.debug({ err: error, lease: this.#o.leaseName }, 'lease was not acquired or renewed, will retry');
      return false;
    } finally {
      cancel();
      limit.unlink();
    }
  }

  async #tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { client, identity } = this.#o;
    const known = this.#seen?.lease;
    if (known !== undefined && known.spec.holderIdentity === identity) {
      try {
        this.#saw(await client.update('leases', { ...known, spec: this.#claim(known.spec) }, signal));
        return true;
      } catch {
        signal.throwIfAborted(); // else somebody else wrote it: read it again
      }
    }
    const lease = await this.#read(signal);
    if (lease === undefined) {
      const { leaseName: name, namespace } = this.#o;
      this.#saw(await client.create('leases', { metadata: { name, namespace }, spec: this.#claim(undefined) }, signal));
      return true;
    }
    this.#saw(lease);
    const { holderIdentity: holder = '' } = lease.spec;
    if (holder !== '' && holder !== identity && !this.#ranOut(lease.spec)) return false;
    this.#saw(await client.update('leases', { ...lease, spec: this.#claim(lease.spec) }, signal));
    return true;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, leaseName } = this.#o;
    try {
      return await client.get('leases', objectKey(namespace, leaseName), signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Measured on our own clock since we saw the holder's last sign of life, never by the times in the lease. */
  #ranOut({ leaseDurationSeconds = 0 }: LeaseSpec): boolean {
    const durationMs = Math.max(leaseDurationSeconds * 1000, this.#leaseDurationMs);
    return this.#seen !== undefined && this.#o.clock.monotonic() >= this.#seen.atMs + durationMs;
  }

  #saw(lease: Lease): void {
    const record = JSON.stringify(lease.spec);
    const before = this.#seen?.lease.spec.holderIdentity;
    const atMs = this.#seen !== undefined && this.#seen.record === record ? this.#seen.atMs : this.#o.clock.monotonic();
    this.#seen = { lease, record, atMs };
    const holder = lease.spec.holderIdentity ?? '';
    if (holder !== '' && holder !== before) this.#o.onNewLeader?.(holder);
  }

  #claim(spec: LeaseSpec | undefined): LeaseSpec {
    const { identity, clock } = this.#o;
    const now = microTimestamp(clock.now());
    const same = spec?.holderIdentity === identity;
    return {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      acquireTime: same ? (spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: spec === undefined ? 0 : (spec.leaseTransitions ?? 0) + (same ? 0 : 1),
    };
  }

  /** Gives the lease up; a failure only means that the successor waits for it to run out. */
  async #release(): Promise<void> {
    const { client, identity, clock, log, leaseName } = this.#o;
    const lease = this.#seen?.lease;
    if (lease?.spec.holderIdentity !== identity) return;
    const limit = new AbortController();
    const cancel = clock.setTimer(RELEASE_MS, () => limit.abort(new Error('took too long')));
    const now = microTimestamp(clock.now());
    try {
      await client.update(
        'leases',
        { ...lease, spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now } },
        limit.signal,
      );
      log.debug({ lease: leaseName }, 'lease released');
    } catch (error) {
      log.debug({ err: error, lease: leaseName }, 'lease was not released');
    } finally {
      cancel();
    }
  }
}
