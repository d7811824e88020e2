import type { ObjectReference } from '../api/generated/core-v1.ts';
import { LruMap } from './lru-map.ts';

/** An event before it is written. */
export interface Occurrence {
  involvedObject: ObjectReference;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** What to write: `count` 1 is a new Event, more is a repeat of the one with the same `id`. Undefined: the object floods, write nothing. */
export type Correlated = { id: string; message: string; count: number; firstSeenMs: number } | undefined;

/** Source: client-go tools/record (maxLruCacheEntries). */
const MAX_ENTRIES = 4096;
/** Events of one object at once, and how fast that is given back, ms. Source: client-go defaultSpamBurst 25, defaultSpamQPS 1/300. */
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;
/** Similar events (all but the message equal) in the interval before they are combined. Source: client-go defaultAggregateMaxEvents, defaultAggregateIntervalInSeconds. */
const SIMILAR_EVENTS = 10;
const SIMILAR_WITHIN_MS = 600_000;

/** Decides what becomes of each event: counted, combined with similar ones, or dropped. Pure but for its memory; the caller gives the time. */
export class EventCorrelator {
  readonly #similar = new LruMap<string, { messages: Set<string>; lastMs: number }>(MAX_ENTRIES);
  readonly #seen = new LruMap<string, { count: number; firstSeenMs: number }>(MAX_ENTRIES);
  readonly #buckets = new LruMap<string, { tokens: number; atMs: number }>(MAX_ENTRIES);

  correlate(event: Occurrence, nowMs: number): Correlated {
    const { kind, namespace, name, uid, apiVersion, fieldPath } = event.involvedObject;
    const object = JSON.stringify([kind, namespace, name, uid, apiVersion]);
    const alike = JSON.stringify([object, event.type, event.reason]);
    const combined = this.#isCombined(alike, event.message, nowMs);
    const message = combined ? `(combined from similar events): ${event.message}` : event.message;
    const id = combined ? alike : JSON.stringify([alike, fieldPath, event.message]);
    const seen = this.#seen.get(id);
    const now = { count: (seen?.count ?? 0) + 1, firstSeenMs: seen?.firstSeenMs ?? nowMs };
    this.#seen.set(id, now);
    return this.#take(object, nowMs) ? { id, message, ...now } : undefined;
  }

  /** Forgets a written event that the server no longer has. */
  forget(id: string): void {
    this.#seen.delete(id);
  }

  #isCombined(alike: string, message: string, nowMs: number): boolean {
    const known = this.#similar.get(alike);
    const group = known === undefined || nowMs - known.lastMs > SIMILAR_WITHIN_MS ? { messages: new Set<string>(), lastMs: nowMs } : known;
    group.lastMs = nowMs;
    group.messages.add(message);
    if (group.messages.size > SIMILAR_EVENTS) for (const oldest of group.messages) if (group.messages.delete(oldest)) break;
    this.#similar.set(alike, group);
    return group.messages.size >= SIMILAR_EVENTS;
  }

  #take(object: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(object) ?? { tokens: SPAM_BURST, atMs: nowMs };
    const tokens = Math.min(SPAM_BURST, bucket.tokens + (nowMs - bucket.atMs) / SPAM_REFILL_MS);
    const allowed = tokens >= 1;
    this.#buckets.set(object, { tokens: allowed ? tokens - 1 : tokens, atMs: nowMs });
    return allowed;
  }
}
