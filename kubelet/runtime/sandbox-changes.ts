import type { SandboxId } from './driver.ts';

/** Tells listeners which sandboxes changed; several changes of one between two reads are told once. */
export class SandboxChanges {
  readonly #listeners = new Set<(id: SandboxId) => void>();

  emit(id: SandboxId): void {
    for (const listener of this.#listeners) listener(id);
  }

  /** Listens from the moment of the call, not of the first read. */
  listen(signal: AbortSignal): AsyncIterable<SandboxId> {
    const pending = new Set<SandboxId>();
    let wake: () => void = () => undefined;
    const listener = (id: SandboxId): void => {
      pending.add(id);
      wake();
    };
    const stop = (): void => {
      this.#listeners.delete(listener);
      wake();
    };
    if (!signal.aborted) this.#listeners.add(listener);
    signal.addEventListener('abort', stop, { once: true });
    return (async function* () {
      try {
        while (!signal.aborted) {
          for (const id of pending) {
            pending.delete(id);
            yield id;
          }
          if (pending.size > 0 || signal.aborted) continue;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        stop();
        signal.removeEventListener('abort', stop);
      }
    })();
  }
}
