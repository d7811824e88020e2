import type { Logger } from '../../shared/component/logging.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { goDuration } from '../probes/go-error.ts';
import type { RuntimeDriver, SandboxStatus } from '../runtime/driver.ts';

/** Between two relists without a hint, ms: only insurance against a lost one. */
const PERIOD_MS = 30_000;
/** A runtime that is silent for longer makes the node unready, ms. Source: kubelet/pleg relistThreshold. */
const THRESHOLD_MS = 180_000;
/** After a failed relist, ms. */
const RETRY_MS = 1_000;

/**
 * What the runtime holds, by pod, and which pods changed since the last look (upstream's PLEG). `refresh` gives a view that is not older
 * than its call; calls at the same time share one `list()`.
 */
export class Relist {
  readonly #driver: RuntimeDriver;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #changed: (podUid: string) => void;
  readonly #periodic: boolean;
  /** When the runtime last answered, ms of the monotonic clock. */
  #answeredAt: number;
  #byPod = new Map<string, SandboxStatus[]>();
  #signatures = new Map<string, Signed>();
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;

  /** `changed` hears of each pod whose sandboxes or containers are not what they were; `periodic` (default) also looks without a hint. */
  constructor(options: { driver: RuntimeDriver; clock: Clock; log: Logger; changed: (podUid: string) => void; periodic?: boolean }) {
    this.#driver = options.driver;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#answeredAt = options.clock.monotonic();
    this.#changed = options.changed;
    this.#periodic = options.periodic ?? true;
  }

  /** The sandboxes of a pod as last seen, oldest first. */
  of(podUid: string): readonly SandboxStatus[] {
    return this.#byPod.get(podUid) ?? [];
  }

  /** Why the node is not ready for pods: the runtime has not answered for too long. In upstream's words. */
  unhealthy(): string | undefined {
    const silentMs = this.#clock.monotonic() - this.#answeredAt;
    if (!this.#periodic || silentMs < THRESHOLD_MS) return undefined;
    return `PLEG is not healthy: pleg was last seen active ${goDuration(Math.round(silentMs))} ago; threshold is ${goDuration(THRESHOLD_MS)}`;
  }

  podUids(): string[] {
    return [...this.#byPod.keys()];
  }

  refresh(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#list().finally(() => (this.#running = undefined));
      return this.#running;
    }
    // The running list may have read before the caller's change: all who ask meanwhile share the next one.
    this.#queued ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#queued = undefined;
        return this.refresh();
      });
    return this.#queued;
  }

  /** Follows the driver's hints until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#follow(signal), this.#periodic ? this.#periodically(signal) : undefined]);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const _sandbox of this.#driver.changes(signal)) {
      if (signal.aborted) return;
      await this.#try();
    }
  }

  async #periodically(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const ok = await this.#try();
      await this.#clock.sleep(ok ? PERIOD_MS : RETRY_MS, signal);
    }
  }

  async #try(): Promise<boolean> {
    try {
      await this.refresh();
      return true;
    } catch (err) {
      this.#log.warn({ err }, 'relist failed');
      return false;
    }
  }

  async #list(): Promise<void> {
    const byPod = new Map<string, SandboxStatus[]>();
    for (const sandbox of await this.#driver.list()) {
      const known = byPod.get(sandbox.podUid);
      if (known === undefined) byPod.set(sandbox.podUid, [sandbox]);
      else known.push(sandbox);
    }
    this.#answeredAt = this.#clock.monotonic();
    const before = this.#signatures;
    const signatures = new Map([...byPod].map(([uid, sandboxes]) => [uid, sign(sandboxes, before.get(uid))]));
    this.#byPod = byPod;
    this.#signatures = signatures;
    for (const [uid, { text }] of signatures) if (before.get(uid)?.text !== text) this.#changed(uid);
    for (const uid of before.keys()) if (!signatures.has(uid)) this.#changed(uid);
  }
}

/** What tells one look at a pod from the next. A driver may answer the same objects while they do not change. */
interface Signed {
  sandboxes: readonly SandboxStatus[];
  text: string;
}

function sign(sandboxes: readonly SandboxStatus[], before: Signed | undefined): Signed {
  const same =
    before !== undefined &&
    before.sandboxes.length === sandboxes.length &&
    sandboxes.every((sandbox, i) => sandbox === before.sandboxes[i]);
  return same ? before : { sandboxes, text: signature(sandboxes) };
}

function signature(sandboxes: readonly SandboxStatus[]): string {
  return sandboxes.map(({ id, state, containers }) => `${id}:${state}[${containers.map((c) => `${c.id}:${c.state}`).join(',')}]`).join(';');
}
