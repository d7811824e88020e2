import { setMaxListeners } from 'node:events';

const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` once when `signal` aborts; returns what removes it. Unlike `addEventListener`, whose cost grows with the listeners
 * there are, this stays quick when thousands wait for one signal. Does not call back for a signal that has aborted already.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let all = listeners.get(signal);
  if (all === undefined) {
    const added = new Set<() => void>();
    all = added;
    listeners.set(signal, added);
    setMaxListeners(0, signal);
    signal.addEventListener(
      'abort',
      () => {
        for (const each of added) each();
        added.clear();
      },
      { once: true },
    );
  }
  const own = (): void => listener(); // the same function may be given twice
  all.add(own);
  return () => all.delete(own);
}
