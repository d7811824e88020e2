/** While the server does not listen, one request of a client tries again and again; the others wait for it, so that many cost no more than one. */
export class Reachability {
  #prober: object | undefined;
  readonly #waiting = new Set<() => void>();

  /** True if the request `who` is the one that may try again; else it must `wait`. */
  mayProbe(who: object): boolean {
    this.#prober ??= who;
    return this.#prober === who;
  }

  /** Resolves when the prober got through or gave up, or `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#waiting.delete(finish);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      if (signal.aborted) finish();
      else {
        this.#waiting.add(finish);
        signal.addEventListener('abort', finish, { once: true });
      }
    });
  }

  /** To be called by every request that got through or ends; wakes the others if it was the prober. */
  release(who: object): void {
    if (this.#prober !== who) return;
    this.#prober = undefined;
    for (const wake of [...this.#waiting]) wake();
  }
}
