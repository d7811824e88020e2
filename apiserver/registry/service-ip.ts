import { isIPv4 } from 'node:net';
import { AllocationError } from './allocation-error.ts';

/** Hands out the addresses of an IPv4 range; the first usable one only on request (the `kubernetes` service asks for it). */
export class ServiceIpAllocator {
  readonly #cidr: string;
  readonly #random: () => number;
  /** The network's own address, which is not handed out. */
  readonly #base: number;
  /** Usable addresses: all but the network's own and the broadcast address. */
  readonly #size: number;
  readonly #taken = new Set<number>();

  constructor({ cidr, random }: { cidr: string; random: () => number }) {
    const [address = '', bits = ''] = cidr.split('/');
    if (!isIPv4(address) || !/^\d+$/.test(bits) || Number(bits) > 30)
      throw new RangeError(`service range ${JSON.stringify(cidr)} must be an IPv4 CIDR of at least 4 addresses`);
    const hosts = 2 ** (32 - Number(bits));
    this.#cidr = cidr;
    this.#random = random;
    this.#base = Math.floor(toNumber(address) / hosts) * hosts;
    this.#size = hosts - 2;
  }

  /** The address for the `kubernetes` service. */
  get first(): string {
    return toAddress(this.#base + 1);
  }

  /** Takes `requested`, or any free address. Throws AllocationError in upstream's words. */
  allocate(requested?: string): string {
    const offset = requested === undefined ? this.#anyFree() : this.#checked(requested);
    this.#taken.add(offset);
    return toAddress(this.#base + offset);
  }

  release(address: string): void {
    this.#taken.delete(toNumber(address) - this.#base);
  }

  clear(): void {
    this.#taken.clear();
  }

  #checked(requested: string): number {
    const offset = isIPv4(requested) ? toNumber(requested) - this.#base : 0;
    if (offset < 1 || offset > this.#size) {
      throw new AllocationError(`the provided IP (${requested}) is not in the valid range. The range of valid IPs is ${this.#cidr}`);
    }
    if (this.#taken.has(offset)) throw new AllocationError('provided IP is already allocated');
    return offset;
  }

  /** From the upper band first, so that addresses chosen by people in the lower one stay free. Source: KEP-3070. */
  #anyFree(): number {
    const band = this.#size < 32 ? 0 : Math.min(Math.max(16, Math.floor(this.#size / 16)), 256);
    return this.#search(band + 1, this.#size) ?? this.#search(2, band) ?? fail();
  }

  #search(from: number, to: number): number | undefined {
    const count = to - from + 1;
    if (count <= 0) return undefined;
    const start = Math.floor(this.#random() * count);
    for (let i = 0; i < count; i++) {
      const offset = from + ((start + i) % count);
      if (offset > 1 && !this.#taken.has(offset)) return offset;
    }
    return undefined;
  }
}

function fail(): never {
  throw new AllocationError('range is full');
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toAddress(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}
