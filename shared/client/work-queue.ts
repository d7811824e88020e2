import type { ObjectKey } from '../machinery/object-key.ts';

/**
 * Keys waiting for a worker: each key once, never by two workers at the same time, and again after `done` if it was added meanwhile.
 * Source: client-go's TypedRateLimitingInterface. Remembers per key the newest cause (see cause.ts) under which it was added.
 */
export interface WorkQueue {
  add(key: ObjectKey): void;
  addAfter(key: ObjectKey, delayMs: number): void;
  /** Adds after the key's back-off (5 ms · 2ⁿ up to 1,000 s). Source: client-go DefaultTypedControllerRateLimiter. */
  addRateLimited(key: ObjectKey): void;
  /** Resets the key's back-off after a success. */
  forget(key: ObjectKey): void;
  retries(key: ObjectKey): number;
  /** The next key, or undefined when the queue was shut down. `done` must follow. */
  next(): Promise<{ key: ObjectKey; cause: number | undefined } | undefined>;
  done(key: ObjectKey): void;
  readonly length: number;
  shutDown(): void;
}
