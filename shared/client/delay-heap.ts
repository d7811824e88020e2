interface Entry<K> {
  key: K;
  at: number;
}

/** Keys by the time they are due; a key added twice keeps the sooner time. Add and take cost O(log n). */
export class DelayHeap<K = string> {
  readonly #heap: Entry<K>[] = [];
  /** The entry that counts for a key; others of it in the heap are stale. */
  readonly #entries = new Map<K, Entry<K>>();

  /** The soonest time, undefined when empty. */
  get nextAt(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.at;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  add(key: K, at: number): void {
    const known = this.#entries.get(key);
    if (known !== undefined && known.at <= at) return;
    const entry = { key, at };
    this.#entries.set(key, entry);
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1);
  }

  /** Removes and returns the keys due at `now` or before, soonest first. */
  takeUntil(now: number): K[] {
    const due: K[] = [];
    for (this.#dropStale(); ; this.#dropStale()) {
      const first = this.#heap[0];
      if (first === undefined || first.at > now) return due;
      this.#pop();
      this.#entries.delete(first.key);
      due.push(first.key);
    }
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first !== undefined && this.#entries.get(first.key) !== first; first = this.#heap[0]) this.#pop();
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(index: number): void {
    for (let at = index; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfLess(at, parent)) return;
      at = parent;
    }
  }

  #down(index: number): void {
    for (let at = index; ; ) {
      const left = 2 * at + 1;
      const right = left + 1;
      const smaller = right < this.#heap.length && this.#at(right) < this.#at(left) ? right : left;
      if (smaller >= this.#heap.length || !this.#swapIfLess(smaller, at)) return;
      at = smaller;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swapIfLess(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (x === undefined || y === undefined || x.at >= y.at) return false;
    this.#heap[a] = y;
    this.#heap[b] = x;
    return true;
  }
}
