import type { Clock } from '../machinery/clock.ts';
import type { ObjectKey } from '../machinery/object-key.ts';
import { currentCause } from './cause.ts';
import { DelayHeap } from './delay-heap.ts';
import type { ClientMetrics } from './observability.ts';
import type { WorkQueue } from './work-queue.ts';
import { type QueueMetrics, queueMetrics } from './work-queue-metrics.ts';

export interface WorkQueueOptions {
  clock: Clock;
  /** The `name` label of its metrics. */
  name: string;
  metrics?: ClientMetrics;
}

/** First retry delay of a key, ms; doubles up to the largest. Source: client-go DefaultTypedControllerRateLimiter (5 ms, 1,000 s). */
const BASE_DELAY_MS = 5;
const MAX_DELAY_MS = 1_000_000;

type Item = { key: ObjectKey; cause: number | undefined };

/** A work queue with delays and per-key back-off; see WorkQueue. Has one timer while keys wait for their time, none otherwise. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new DelayingWorkQueue(options);
}

class DelayingWorkQueue implements WorkQueue {
  readonly #clock: Clock;
  readonly #metrics: QueueMetrics | undefined;
  /** Waiting keys in the order they came, with the time since when. */
  readonly #ready = new Map<ObjectKey, number>();
  /** Keys at work, with the time since when. */
  readonly #processing = new Map<ObjectKey, number>();
  /** Keys added while at work. */
  readonly #again = new Set<ObjectKey>();
  readonly #causes = new Map<ObjectKey, number>();
  readonly #failures = new Map<ObjectKey, number>();
  readonly #delayed = new DelayHeap();
  readonly #idle: ((item: Item | undefined) => void)[] = [];
  #timer: { at: number; cancel: () => void } | undefined;
  #shutDown = false;

  constructor({ clock, name, metrics }: WorkQueueOptions) {
    this.#clock = clock;
    this.#metrics = metrics && queueMetrics(metrics, name, () => this.#runningForMs());
  }

  get length(): number {
    return this.#ready.size;
  }

  add(key: ObjectKey): void {
    this.#add(key, currentCause());
  }

  addAfter(key: ObjectKey, delayMs: number): void {
    if (this.#shutDown) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    this.#note(key, currentCause());
    this.#delayed.add(key, this.#clock.monotonic() + delayMs);
    this.#arm();
  }

  addRateLimited(key: ObjectKey): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#metrics?.retried();
    this.addAfter(key, Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** failures));
  }

  forget(key: ObjectKey): void {
    this.#failures.delete(key);
  }

  retries(key: ObjectKey): number {
    return this.#failures.get(key) ?? 0;
  }

  next(): Promise<Item | undefined> {
    if (this.#shutDown) return Promise.resolve(undefined);
    const first = this.#ready.entries().next();
    if (first.done === true) return new Promise((resolve) => this.#idle.push(resolve));
    const [key, since] = first.value;
    this.#ready.delete(key);
    return Promise.resolve(this.#take(key, since));
  }

  done(key: ObjectKey): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#metrics?.worked(this.#clock.monotonic() - since);
    if (this.#again.delete(key)) this.#enqueue(key);
  }

  shutDown(): void {
    if (this.#shutDown) return;
    this.#shutDown = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const resolve of this.#idle.splice(0)) resolve(undefined);
  }

  #add(key: ObjectKey, cause: number | undefined): void {
    if (this.#shutDown) return;
    this.#note(key, cause);
    if (this.#ready.has(key) || this.#again.has(key)) return;
    this.#metrics?.added();
    if (this.#processing.has(key)) this.#again.add(key);
    else this.#enqueue(key);
  }

  #note(key: ObjectKey, cause: number | undefined): void {
    if (cause !== undefined && cause > (this.#causes.get(key) ?? 0)) this.#causes.set(key, cause);
  }

  #enqueue(key: ObjectKey): void {
    const worker = this.#idle.shift();
    const now = this.#clock.monotonic();
    if (worker !== undefined) worker(this.#take(key, now));
    else {
      this.#ready.set(key, now);
      this.#metrics?.depth(this.#ready.size);
    }
  }

  #take(key: ObjectKey, since: number): Item {
    const now = this.#clock.monotonic();
    this.#processing.set(key, now);
    this.#metrics?.waited(now - since);
    this.#metrics?.depth(this.#ready.size);
    const cause = this.#causes.get(key);
    this.#causes.delete(key);
    return { key, cause };
  }

  #arm(): void {
    const at = this.#delayed.nextAt;
    if (this.#timer?.at === at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (at === undefined) return;
    const cancel = this.#clock.setTimer(Math.max(0, at - this.#clock.monotonic()), () => {
      this.#timer = undefined;
      for (const key of this.#delayed.takeUntil(Math.max(at, this.#clock.monotonic()))) this.#add(key, undefined);
      this.#arm();
    });
    this.#timer = { at, cancel };
  }

  #runningForMs(): number[] {
    const now = this.#clock.monotonic();
    return [...this.#processing.values()].map((since) => now - since);
  }
}
