/** A binary heap with removal by key; `before` says which of two entries comes out first. */
export class KeyedHeap<T> {
  readonly #entries: { key: string; value: T }[] = [];
  readonly #positions = new Map<string, number>();
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }
  get size(): number {
    return this.#entries.length;
  }
  has(key: string): boolean {
    return this.#positions.has(key);
  }
  get(key: string): T | undefined {
    const position = this.#positions.get(key);
    return position === undefined ? undefined : this.#entries[position]?.value;
  }
  peek(): T | undefined {
    return this.#entries[0]?.value;
  }
  set(key: string, value: T): void {
    const position = this.#positions.get(key);
    if (position === undefined) {
      this.#entries.push({ key, value });
      this.#positions.set(key, this.#entries.length - 1);
      this.#up(this.#entries.length - 1);
      return;
    }
    this.#entries[position] = { key, value };
    this.#up(position);
    this.#down(position);
  }
  pop(): T | undefined {
    const first = this.#entries[0];
    if (first !== undefined) this.delete(first.key);
    return first?.value;
  }
  delete(key: string): boolean {
    const position = this.#positions.get(key);
    if (position === undefined) return false;
    this.#positions.delete(key);
    const last = this.#entries.pop();
    if (last === undefined || last.key === key) return true;
    this.#entries[position] = last;
    this.#positions.set(last.key, position);
    this.#up(position);
    this.#down(position);
    return true;
  }
  #up(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }
  #down(from: number): void {
    for (let at = from; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = this.#isBefore(right, left) ? right : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }
  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#entries[a], this.#entries[b]];
    return x !== undefined && y !== undefined && this.#before(x.value, y.value);
  }
  #swapIfBefore(lower: number, upper: number): boolean {
    if (!this.#isBefore(lower, upper)) return false;
    const [x, y] = [this.#entries[lower], this.#entries[upper]];
    if (x === undefined || y === undefined) return false;
    this.#entries[lower] = y;
    this.#entries[upper] = x;
    this.#positions.set(y.key, lower);
    this.#positions.set(x.key, upper);
    return true;
  }
}
