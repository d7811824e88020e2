import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Node } from '../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../shared/api/meta.ts';

/** Where NodePorts are served: local addresses and loopback addresses of nodes that lie in one of `ranges`; without ranges, everywhere. */
export function nodePortAddresses(
  ranges: readonly string[],
  nodes: readonly DeepReadonly<Node>[],
  local: readonly string[] = localAddresses(),
): string[] {
  if (ranges.length === 0) return ['0.0.0.0'];
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address);
    if (family === 0) throw new Error(`--nodeport-addresses: ${JSON.stringify(range)} is no address range`);
    list.addSubnet(address, Number(bits ?? (family === 4 ? 32 : 128)), family === 4 ? 'ipv4' : 'ipv6');
  }
  // Any address of 127.0.0.0/8 is local on Linux, though the interface shows only one.
  const loopback = nodes.flatMap((node) =>
    (node.status.addresses ?? []).flatMap(({ type, address }) => (type === 'InternalIP' && address.startsWith('127.') ? [address] : [])),
  );
  return [...new Set([...local, ...loopback])].filter((address) => list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')).sort();
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}
