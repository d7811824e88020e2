import type { KubeObject } from '../api/meta.ts';
import { isExpired } from '../machinery/api-error.ts';
import { Backoff } from '../machinery/backoff.ts';
import type { Clock } from '../machinery/clock.ts';
import type { ApiClient, ObjectOf, ResourceRef } from './api-client.ts';
import type { ClientLog, ClientMetrics } from './observability.ts';

/** Where a reflector puts what it sees. */
export interface ReflectorTarget<T> {
  /** All objects there are, at revision `resourceVersion`. */
  replace(objects: T[], resourceVersion: string): void;
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void;
}

export interface ReflectorOptions<R extends ResourceRef> {
  resource: R;
  selection: { namespace?: string; labelSelector?: string; fieldSelector?: string };
  target: ReflectorTarget<ObjectOf<R>>;
  clock: Clock;
  log: ClientLog;
  metrics?: ClientMetrics;
  random?: () => number;
}

/** Back-off between failed lists or watches, ms. Source: client-go reflector (800 ms to 30 s, factor 2, jitter 1). */
const BACKOFF = { initialMs: 800, maxMs: 30_000, factor: 2, jitter: 1 };
/** The first failure is most often a restarted server, so the first retry is quick, ms. */
const FIRST_RETRY_MS = 20;
/** The server ends a watch after this time, to spread load over servers, s; up to twice as long by chance. Source: client-go minWatchTimeout (5 min). */
const WATCH_TIMEOUT_S = 300;
/** A watch that ends sooner than this without an event counts as failed, ms. Source: client-go reflector ("very short watch"). */
const SHORT_WATCH_MS = 1_000;

/**
 * Keeps `target` equal to what the server has: list, then watch from the list's revision, again from the last revision seen whenever the
 * watch ends, and list again when that revision is gone (410). Ends only by `signal`.
 */
export class Reflector<R extends ResourceRef> {
  readonly #client: ApiClient;
  readonly #options: ReflectorOptions<R>;
  readonly #name: string;
  readonly #backoff: Backoff;
  readonly #failures: ReturnType<ClientMetrics['counter']> | undefined;
  /** The revision to watch from; undefined: list first. */
  #resourceVersion: string | undefined;
  /** Any revision will do for the first list; after an expiry only the newest. */
  #listFrom = '0';
  /** The last thing that happened was a failure and the quick retry after it. */
  #retried = false;

  constructor(client: ApiClient, options: ReflectorOptions<R>) {
    this.#client = client;
    this.#options = options;
    this.#name = typeof options.resource === 'string' ? options.resource : options.resource.id;
    this.#backoff = new Backoff({ ...BACKOFF, ...(options.random === undefined ? {} : { random: options.random }) });
    this.#failures = options.metrics?.counter('reflector_failures_total', 'Lists and watches that failed, by resource.', ['resource']);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal);
        if (await this.#watch(signal)) continue;
      } catch (error) {
        if (signal.aborted) return;
        this.#failures?.inc({ resource: this.#name });
        if (isExpired(error)) {
          this.#resourceVersion = undefined;
          this.#listFrom = '';
          log.info({ resource: this.#name }, 'watch history is gone, listing again');
        } else log.warn({ resource: this.#name, err: error }, 'list or watch failed, will retry');
      }
      await clock.sleep(this.#retried ? this.#backoff.next() : FIRST_RETRY_MS, signal);
      this.#retried = true;
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { resource, selection, target } = this.#options;
    const from = this.#listFrom === '' ? {} : { resourceVersion: this.#listFrom };
    const { items, metadata } = await this.#client.list(resource, { ...selection, ...from }, signal);
    target.replace(items, metadata.resourceVersion);
    this.#resourceVersion = metadata.resourceVersion;
  }

  /** Follows one watch to its end; false if it ended at once without an event. */
  async #watch(signal: AbortSignal): Promise<boolean> {
    const { resource, selection, target, clock, random = Math.random } = this.#options;
    const from = this.#resourceVersion ?? '0';
    const timeoutSeconds = Math.round(WATCH_TIMEOUT_S * (1 + random()));
    const startedAt = clock.monotonic();
    let alive = false;
    for await (const event of this.#client.watch(
      resource,
      { ...selection, resourceVersion: from, allowWatchBookmarks: true, timeoutSeconds },
      signal,
    )) {
      if (signal.aborted) return true;
      if (!alive) this.#recovered();
      alive = true;
      if (event.type !== 'BOOKMARK') target.apply(event.type, event.object);
      this.#resourceVersion = (event.object as KubeObject).metadata.resourceVersion;
    }
    if (alive || clock.monotonic() - startedAt < SHORT_WATCH_MS) return alive;
    this.#recovered();
    return true;
  }

  #recovered(): void {
    this.#backoff.reset();
    this.#retried = false;
  }
}
