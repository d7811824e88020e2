import { isIPv4 } from 'node:net';

/** The addresses of one node's pod CIDR, one a pod. A pod keeps its address until it is released. IPv4. */
export class PodIpPool {
  readonly #first: number;
  readonly #count: number;
  readonly #byPod = new Map<string, number>();
  readonly #used = new Set<number>();
  #next = 0;

  /** `cidr` such as `127.100.1.0/24`. Its first two addresses (network, gateway) and the last (broadcast) are not handed out. */
  constructor(cidr: string) {
    const [base = '', length = ''] = cidr.split('/');
    const bits = Number(length);
    if (!isIPv4(base) || !/^\d+$/.test(length) || bits > 29)
      throw new RangeError(`pod CIDR "${cidr}" must be an IPv4 range of /29 or larger`);
    const size = 2 ** (32 - bits);
    this.#first = Math.floor(toNumber(base) / size) * size + 2;
    this.#count = size - 3;
  }

  /** The pod's address, a free one at first; undefined when none is left. */
  allocate(podUid: string): string | undefined {
    const known = this.#byPod.get(podUid);
    if (known !== undefined) return toText(this.#first + known);
    for (let i = 0; i < this.#count; i++) {
      const offset = (this.#next + i) % this.#count;
      if (this.#used.has(offset)) continue;
      this.#take(podUid, offset);
      this.#next = (offset + 1) % this.#count; // an address is reused as late as can be
      return toText(this.#first + offset);
    }
    return undefined;
  }

  /** Takes back the address of a pod that survived the kubelet; one outside of the range is left alone. */
  adopt(podUid: string, ip: string): void {
    const offset = isIPv4(ip) ? toNumber(ip) - this.#first : -1;
    if (offset >= 0 && offset < this.#count && !this.#used.has(offset)) this.#take(podUid, offset);
  }

  release(podUid: string): void {
    const offset = this.#byPod.get(podUid);
    if (offset === undefined) return;
    this.#byPod.delete(podUid);
    this.#used.delete(offset);
  }

  #take(podUid: string, offset: number): void {
    this.#byPod.set(podUid, offset);
    this.#used.add(offset);
  }
}

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
