/** Largest chunk: an insertion moves at most this many references. */
const LIMIT = 512;

/** Items in the order of their keys. Insertion and removal cost O(log n + LIMIT), iteration is a walk over arrays. */
export class KeyOrder<T extends { readonly key: string }> {
  #chunks: T[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds the item or puts it in the place of the one with the same key, which it returns. */
  set(item: T): T | undefined {
    const at = this.#chunkOf(item.key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([item]);
      this.#size++;
      return undefined;
    }
    const i = lowerBound(chunk, item.key);
    const there = chunk[i];
    if (there !== undefined && there.key === item.key) {
      chunk[i] = item;
      return there;
    }
    chunk.splice(i, 0, item);
    this.#size++;
    if (chunk.length > LIMIT) this.#chunks.splice(at + 1, 0, chunk.splice(LIMIT / 2));
    return undefined;
  }

  delete(key: string): T | undefined {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return undefined;
    const i = lowerBound(chunk, key);
    const there = chunk[i];
    if (there === undefined || there.key !== key) return undefined;
    chunk.splice(i, 1);
    this.#size--;
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    return there;
  }

  /** All with `from` <= key < `to`, in order; a copy. */
  slice(from: string, to?: string): T[] {
    const result: T[] = [];
    for (let at = this.#chunkOf(from); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as T[];
      const start = result.length === 0 ? lowerBound(chunk, from) : 0;
      const last = chunk[chunk.length - 1] as T;
      if (to === undefined || last.key < to) {
        for (let i = start; i < chunk.length; i++) result.push(chunk[i] as T);
        continue;
      }
      for (let i = start; i < chunk.length; i++) {
        const item = chunk[i] as T;
        if (item.key >= to) return result;
        result.push(item);
      }
    }
    return result;
  }

  /** The chunk that holds the key, or would. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.#chunks[middle]?.[0];
      if (first !== undefined && first.key <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function lowerBound<T extends { readonly key: string }>(items: readonly T[], key: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle] as T).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
