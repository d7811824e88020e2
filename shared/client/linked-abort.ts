import { setMaxListeners } from 'node:events';

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
    const onAbort = (): void => controller.abort(parent.reason);
    if (parent.aborted) onAbort();
    else parent.addEventListener('abort', onAbort, { once: true });
    return () => parent.removeEventListener('abort', onAbort);
  });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => {
      for (const unlink of links) unlink();
    },
  };
}
