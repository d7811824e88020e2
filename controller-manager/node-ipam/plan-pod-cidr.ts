/** All pod addresses, and the prefix length of each node's share. */
export interface CidrRange {
  clusterCidr: string;
  maskSize: number;
}

/** The first range of the cluster's that no node has; undefined when all are taken. IPv4 only. Throws on a range that cannot be divided. */
export function planPodCidr({ clusterCidr, maskSize }: CidrRange, taken: ReadonlySet<string>): string | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(clusterCidr);
  const [a, b, c, d, prefix] = (match ?? []).slice(1).map(Number);
  if (
    a === undefined ||
    b === undefined ||
    c === undefined ||
    d === undefined ||
    prefix === undefined ||
    maskSize < prefix ||
    maskSize > 32
  )
    throw new Error(`cluster CIDR ${JSON.stringify(clusterCidr)} cannot be divided into IPv4 ranges of /${maskSize}`);
  const size = 2 ** (32 - maskSize);
  const whole = 2 ** (32 - prefix);
  const first = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / whole) * whole;
  for (let start = first; start < first + whole; start += size) {
    const cidr = `${dotted(start)}/${maskSize}`;
    if (!taken.has(cidr)) return cidr;
  }
  return undefined;
}

function dotted(address: number): string {
  return [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(address / unit) % 256).join('.');
}
