import { onAbort } from './on-abort.ts';

/** Time, injected everywhere so that a whole cluster can run on a virtual clock. */
export interface Clock {
  /** Wall-clock time, ms since the epoch. */
  now(): number;
  /** Time that never steps back, ms since some start; for durations. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when `signal` aborts (check `signal.aborted` afterwards). Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `fn` once after `ms`; returns what cancels it. Does not keep the process alive. */
  setTimer(ms: number, fn: () => void): () => void;
}

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const finish = (): void => {
        clearTimeout(timer);
        stopListening();
        resolve();
      };
      const timer = setTimeout(finish, ms);
      const stopListening = onAbort(signal, finish);
    }),
  setTimer: (ms, fn) => {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** RFC 3339 with seconds, as `metav1.Time` is written: `2024-01-31T12:00:00Z`. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== last.second) last = { second, text: `${new Date(ms).toISOString().slice(0, 19)}Z` };
  return last.text;
}

/** Most timestamps are of the second that was asked for before. */
let last = { second: Number.NaN, text: '' };

/** RFC 3339 with microseconds, as `metav1.MicroTime` is written: `2024-01-31T12:00:00.123000Z`. */
export function microTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
