/** First delay before a container that ended is started again, ms. Source: kubelet containerBackOffPeriod. */
export const INITIAL_BACKOFF_MS = 10_000;
/** Longest delay, ms. Source: kubelet MaxContainerBackOff. */
export const MAX_BACKOFF_MS = 300_000;

/** Set when a container is started again; decides about the start after that one. */
export interface BackoffEntry {
  delayMs: number;
  /** When that start was, ms since the epoch. */
  updatedAt: number;
}

/** When a container that ended at `finishedAt` may start again; undefined: now. Source: client-go flowcontrol Backoff.IsInBackOffSince. */
export function backoffEnd(entry: BackoffEntry | undefined, finishedAt: number, now: number): number | undefined {
  if (entry === undefined || expired(entry, finishedAt)) return undefined;
  const end = finishedAt + entry.delayMs;
  return now < end ? end : undefined;
}

/** The entry after a start at `now`: twice the delay, or the first one when it had run for ten minutes. Source: Backoff.Next. */
export function nextBackoff(entry: BackoffEntry | undefined, finishedAt: number, now: number): BackoffEntry {
  if (entry === undefined || expired(entry, finishedAt)) return { delayMs: INITIAL_BACKOFF_MS, updatedAt: now };
  return { delayMs: Math.min(entry.delayMs * 2, MAX_BACKOFF_MS), updatedAt: now };
}

function expired(entry: BackoffEntry, finishedAt: number): boolean {
  return finishedAt - entry.updatedAt > 2 * MAX_BACKOFF_MS;
}
