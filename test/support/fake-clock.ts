import type { Clock } from '../../shared/machinery/clock.ts';

interface Timer {
  at: number;
  order: number;
  fn: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  readonly #startMs: number;
  #elapsed = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** `startMs`: wall-clock time at the start, ms since the epoch. */
  constructor(startMs: number = Date.UTC(2024, 0, 1)) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const finish = (): void => {
        cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = this.setTimer(ms, finish);
      signal.addEventListener('abort', finish, { once: true });
    });
  }

  setTimer(ms: number, fn: () => void): () => void {
    const timer = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, fn };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that wait: 0 means that nothing will happen by itself. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Ms until the next timer, undefined without one. */
  get nextIn(): number | undefined {
    const next = this.#next();
    return next && next.at - this.#elapsed;
  }

  /** Moves time on; each timer fires at its time, and what it woke has run (up to real I/O) before the next one fires. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    for (let timer = this.#next(); timer !== undefined && timer.at <= end; timer = this.#next()) {
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      this.#timers.delete(timer);
      timer.fn();
      await settle();
    }
    this.#elapsed = end;
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Lets all promises settle that need no real I/O. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
}
