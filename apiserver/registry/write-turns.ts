/** Lets writers of one key that lost a race write one after another, so that many of them all get their turn. */
export class WriteTurns {
  /** By key: the last of those who wait or write. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Calls `attempt` until it does not lose a race (undefined); the first time at once, then in turn. */
  async untilWritten<T>(key: string, attempt: () => Promise<T | undefined>): Promise<T> {
    const first = await attempt();
    if (first !== undefined) return first;
    const turn = after(this.#last.get(key), attempt);
    this.#last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    }
  }
}

async function after<T>(before: Promise<unknown> | undefined, attempt: () => Promise<T | undefined>): Promise<T> {
  await before?.catch(() => {}); // is its writer's
  for (;;) {
    const written = await attempt();
    if (written !== undefined) return written;
  }
}
