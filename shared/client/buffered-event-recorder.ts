import type { Event, ObjectReference } from '../api/generated/core-v1.ts';
import type { DeepPartial, DeepReadonly, KubeObject } from '../api/meta.ts';
import { ApiError, isNotFound } from '../machinery/api-error.ts';
import { type Clock, timestamp } from '../machinery/clock.ts';
import type { ApiClient } from './api-client.ts';
import { currentCause, withCause } from './cause.ts';
import { type Correlated, EventCorrelator, type Occurrence } from './event-correlator.ts';
import type { EventRecorder } from './event-recorder.ts';
import { LruMap } from './lru-map.ts';
import type { ClientLog, ClientMetrics } from './observability.ts';

export interface EventRecorderDeps {
  /** Upstream's name of the component, such as `kubelet` or `replicaset-controller`. */
  component: string;
  /** The node, for components that run on one. */
  host?: string;
  clock: Clock;
  log: ClientLog;
  metrics?: ClientMetrics;
  /** Stops what is being sent. */
  signal?: AbortSignal;
}

/** One Event to be written; repeats while it waits only raise its count. */
interface Pending {
  id: string;
  event: DeepPartial<Event> & { metadata: { name: string; namespace: string } };
  count: number;
  cause: number | undefined;
}

/** Events that may wait; more are dropped and counted. Source: client-go tools/record maxQueuedEvents (1,000). */
const MAX_PENDING = 1_000;
/** Events written at the same time. */
const SENDERS = 4;
/** Written Events that a repeat can still be counted on. Source: client-go maxLruCacheEntries. */
const MAX_WRITTEN = 4096;

/** A recorder that writes with the client in the background; see EventRecorder. */
export function createEventRecorder(client: ApiClient, deps: EventRecorderDeps): EventRecorder {
  return new BufferedEventRecorder(client, deps);
}

class BufferedEventRecorder implements EventRecorder {
  readonly #client: ApiClient;
  readonly #deps: EventRecorderDeps;
  readonly #correlator = new EventCorrelator();
  readonly #pending = new Map<string, Pending>();
  readonly #sending = new Map<string, Promise<void>>();
  /** Event id → the name under which it was written. */
  readonly #written = new LruMap<string, string>(MAX_WRITTEN);
  readonly #dropped: ReturnType<ClientMetrics['counter']> | undefined;
  #lastNanos = 0n;

  constructor(client: ApiClient, deps: EventRecorderDeps) {
    this.#client = client;
    this.#deps = deps;
    this.#dropped = deps.metrics?.counter('event_recorder_dropped_total', 'Events that were not written, by why.', ['why']);
  }

  event(
    object: DeepReadonly<KubeObject>,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    options: { fieldPath?: string; action?: string } = {},
  ): void {
    const nowMs = this.#deps.clock.now();
    const involvedObject = reference(object, options.fieldPath);
    const occurrence: Occurrence = { involvedObject, type, reason, message };
    const correlated = this.#correlator.correlate(occurrence, nowMs);
    if (correlated === undefined) {
      this.#dropped?.inc({ why: 'spam' });
      return;
    }
    const waiting = this.#pending.get(correlated.id);
    if (waiting === undefined && this.#pending.size >= MAX_PENDING) {
      this.#dropped?.inc({ why: 'full' });
      return;
    }
    const event = this.#build(occurrence, correlated, options.action, nowMs);
    if (waiting !== undefined) event.metadata.name = waiting.event.metadata.name;
    this.#pending.set(correlated.id, { id: correlated.id, event, count: correlated.count, cause: currentCause() });
    this.#send();
  }

  async flush(signal: AbortSignal): Promise<void> {
    const stop = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!signal.aborted && this.#sending.size > 0) await Promise.race([Promise.all(this.#sending.values()), stop]);
  }

  #build(
    { involvedObject, type, reason }: Occurrence,
    { message, count, firstSeenMs }: NonNullable<Correlated>,
    action: string | undefined,
    nowMs: number,
  ): Pending['event'] {
    const { component, host } = this.#deps;
    return {
      metadata: { name: this.#name(involvedObject.name ?? '', nowMs), namespace: involvedObject.namespace ?? 'default' },
      involvedObject,
      reason,
      message,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: timestamp(firstSeenMs),
      lastTimestamp: timestamp(nowMs),
      count,
      type,
      ...(action === undefined ? {} : { action }),
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }

  /** `web-1.17a6f0c2d3b4e5f6`: the time in ns, never twice the same. */
  #name(object: string, nowMs: number): string {
    const nanos = BigInt(Math.trunc(nowMs)) * 1_000_000n;
    this.#lastNanos = nanos > this.#lastNanos ? nanos : this.#lastNanos + 1n;
    return `${object}.${this.#lastNanos.toString(16)}`;
  }

  /** Starts as many writes as may run; one at a time for each Event, so that its count never goes back. */
  #send(): void {
    for (const [id, pending] of this.#pending) {
      if (this.#sending.size >= SENDERS) return;
      if (this.#sending.has(id)) continue;
      this.#pending.delete(id);
      const done = withCause(pending.cause, () => this.#write(pending)).finally(() => {
        this.#sending.delete(id);
        this.#send();
      });
      this.#sending.set(id, done);
    }
  }

  async #write({ id, event, count }: Pending): Promise<void> {
    const { log, signal } = this.#deps;
    try {
      const written = this.#written.get(id);
      if (written === undefined || !(await this.#countUp(written, event, count))) {
        const created = await this.#client.create('events', event, signal);
        this.#written.set(id, created.metadata.name);
      }
    } catch (error) {
      if (signal?.aborted === true) return;
      this.#dropped?.inc({ why: error instanceof ApiError ? 'rejected' : 'unreachable' });
      this.#correlator.forget(id);
      log.debug({ err: error, object: event.involvedObject?.name, reason: event.reason }, 'event was not written');
    }
  }

  /** False if the server no longer has that Event. */
  async #countUp(name: string, { metadata, message, lastTimestamp }: Pending['event'], count: number): Promise<boolean> {
    try {
      const patch = { count, lastTimestamp, message };
      await this.#client.patch('events', `${metadata.namespace}/${name}`, patch, { type: 'strategic' }, this.#deps.signal);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

function reference({ apiVersion, kind, metadata }: DeepReadonly<KubeObject>, fieldPath: string | undefined): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  const all = { apiVersion, kind, namespace, name, uid, resourceVersion, fieldPath };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== ''));
}
