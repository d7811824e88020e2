import { AllocationError } from './allocation-error.ts';

export interface PortRange {
  from: number;
  /** Inclusive. */
  to: number;
}

/** Reads `30000-32767`. Throws RangeError. */
export function parsePortRange(text: string): PortRange {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || from < 1 || to > 65_535 || from > to)
    throw new RangeError(`port range ${JSON.stringify(text)} must be FROM-TO within 1-65535`);
  return { from, to };
}

/** Hands out node ports, each once whatever the protocol. */
export class NodePortAllocator {
  readonly #range: PortRange;
  readonly #random: () => number;
  readonly #taken = new Set<number>();

  constructor({ range, random }: { range: PortRange; random: () => number }) {
    this.#range = range;
    this.#random = random;
  }

  /** Takes `requested`, or any free port. Throws AllocationError in upstream's words. */
  allocate(requested?: number): number {
    const { from, to } = this.#range;
    const port = requested ?? this.#anyFree();
    if (port < from || port > to) {
      throw new AllocationError(`provided port is not in the valid range. The range of valid ports is ${from}-${to}`);
    }
    if (this.#taken.has(port)) throw new AllocationError('provided port is already allocated');
    this.#taken.add(port);
    return port;
  }

  release(port: number): void {
    this.#taken.delete(port);
  }

  clear(): void {
    this.#taken.clear();
  }

  #anyFree(): number {
    const { from, to } = this.#range;
    const count = to - from + 1;
    const start = Math.floor(this.#random() * count);
    for (let i = 0; i < count; i++) {
      const port = from + ((start + i) % count);
      if (!this.#taken.has(port)) return port;
    }
    throw new AllocationError('range is full');
  }
}
