import type { Clock } from './clock.ts';

export interface BackoffOptions {
  /** First delay, ms. */
  initialMs: number;
  /** Largest delay, ms. */
  maxMs: number;
  factor?: number;
  /** Share of the delay that chance may add, 0 to 1. */
  jitter?: number;
  random?: () => number;
}

/** Exponential delays for one retrying loop: call `next` after a failure, `reset` after a success. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #failures = 0;
  constructor(options: BackoffOptions) {
    this.#options = { factor: 2, jitter: 0, random: Math.random, ...options };
  }
  /** The delay before the next try, ms. */
  next(): number {
    const { initialMs, maxMs, factor, jitter, random } = this.#options;
    const delay = Math.min(maxMs, initialMs * factor ** this.#failures);
    this.#failures++;
    return delay * (1 + jitter * random());
  }
  reset(): void {
    this.#failures = 0;
  }
  get failures(): number {
    return this.#failures;
  }
  async wait(clock: Clock, signal: AbortSignal): Promise<void> {
    await clock.sleep(this.next(), signal);
  }
}
