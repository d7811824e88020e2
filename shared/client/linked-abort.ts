import { setMaxListeners } from 'node:events';
import { onAbort } from '../machinery/on-abort.ts';

/** A controller whose signal also aborts with any of `parents`. `unlink` when done: unlike with `AbortSignal.any`, parents then hold nothing of it. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  unlink(): void;
}

export function linkedAbort(...parents: readonly AbortSignal[]): LinkedAbort {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // everything that runs below listens to it
  const links = parents.map((parent) => {
    const abort = (): void => controller.abort(parent.reason);
    if (!parent.aborted) return onAbort(parent, abort);
    abort();
    return () => undefined;
  });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => {
      for (const unlink of links) unlink();
    },
  };
}
