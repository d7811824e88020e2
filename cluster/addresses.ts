/**
 * Where a cluster's nodes, pods and services live. With the `process` runtime all share the host's network, so each gets an address
 * of its own from the loopback range: 127.N.0.0/16 per cluster, N from its port, so that clusters run side by side.
 *
 *     127.N.0.0/18     services (the first address is `kubernetes`)
 *     127.N.(128+i).0/24   pods of node i
 *     127.N.64.i       node i
 */
export function networkOf(port: number): number {
  return 1 + (port % 126);
}

export const serviceCidr = (network: number): string => `127.${network}.0.0/18`;
export const kubernetesServiceIp = (network: number): string => `127.${network}.0.1`;
export const podCidr = (network: number, nodeIndex: number): string => `127.${network}.${128 + nodeIndex}.0/24`;
export const clusterCidr = (network: number): string => `127.${network}.128.0/17`;
export const nodeIp = (network: number, nodeIndex: number): string => `127.${network}.64.${nodeIndex}`;
/** Pods of simulated nodes: nobody answers there, and what is sent there never leaves the machine. */
export const SIMULATED_POD_CIDR = '127.128.0.0/9';
/** Pod ranges run from 129 to 255. */
export const MAX_PROCESS_NODES = 127;
