/** A failed attempt as the retry rules see it. */
export type Failure =
  /** The transport failed; `arrived` is false where the server certainly never saw the request. */
  | { transport: Error; arrived: boolean }
  /** The server answered; `retryAfterMs` is its `Retry-After`. */
  | { code: number; retryAfterMs: number | undefined };

export interface RetryState {
  /** Failed attempts so far, this one included. */
  attempts: number;
  /** Since the first attempt, ms. */
  elapsedMs: number;
  /** Doing it twice is as good as once. */
  repeatable: boolean;
  random: () => number;
}

/** Attempts after which an answered or broken request is given up. Source: client-go rest.Request (maxRetries 10). */
const MAX_RETRIES = 10;
/** How long a server that does not listen yet is waited for, ms: components start side by side. */
const UNREACHABLE_FOR_MS = 30_000;

/** The delay before the next attempt, ms, or undefined to give up. */
export function retryDelay(failure: Failure, { attempts, elapsedMs, repeatable, random }: RetryState): number | undefined {
  if ('transport' in failure) {
    if (!failure.arrived) return elapsedMs < UNREACHABLE_FOR_MS ? grown(5, elapsedMs < 5_000 ? 50 : 1_000, attempts, random) : undefined;
    return repeatable && attempts <= MAX_RETRIES ? grown(10, 1_000, attempts, random) : undefined;
  }
  if (attempts > MAX_RETRIES) return undefined;
  if (failure.retryAfterMs !== undefined && (failure.code === 429 || failure.code >= 500)) return failure.retryAfterMs;
  return repeatable && (failure.code === 429 || failure.code === 503) ? grown(50, 5_000, attempts, random) : undefined;
}

/** Half of the delay is chance, so that many clients do not come back at once. */
function grown(initialMs: number, maxMs: number, attempts: number, random: () => number): number {
  const delay = Math.min(maxMs, initialMs * 1.7 ** (attempts - 1));
  return delay * (0.5 + 0.5 * random());
}

/** Failures to connect: nothing was sent. `ENOENT` is a Unix socket that is not there yet. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
const BROKEN = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** Sorts an error of the transport; undefined for those that no retry mends, such as a wrong certificate. */
export function transportFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as NodeJS.ErrnoException).code ?? (error.cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (NOT_SENT.has(code)) return { transport: error, arrived: false };
  return BROKEN.has(code) ? { transport: error, arrived: true } : undefined;
}

/** `Retry-After` as seconds or a date, in ms from `now`; undefined when absent or not positive. */
export function retryAfterMs(header: string | string[] | undefined, now: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return ms > 0 ? ms : undefined;
}
