import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<number>();

/**
 * Runs `fn` as a reaction to the write with revision `cause`: every request that starts inside carries `Kubernetus-Cause: <cause>`.
 * Informers do this around their listeners, work queues keep the newest cause of a key, `runController` around each reconcile.
 */
export function withCause<T>(cause: number | undefined, fn: () => T): T {
  return cause === undefined || cause === 0 ? fn() : current.run(cause, fn);
}

/** The revision that the running code reacts to. */
export function currentCause(): number | undefined {
  return current.getStore();
}
