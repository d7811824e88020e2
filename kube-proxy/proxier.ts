/** One port of a service: where it is reached, and who answers. What a mode makes of it is its own affair. */
export interface ServicePort {
  /** `namespace/service:port-name/protocol`, unique. */
  id: string;
  protocol: 'TCP' | 'UDP';
  /** Addresses to answer on: the cluster addresses, and one entry a node address for a NodePort. */
  frontends: readonly Address[];
  /** Who takes new connections, in a stable order. Empty: connections are refused. */
  endpoints: readonly Address[];
  /** A client keeps its endpoint for this long after its last connection, ms. */
  affinityMs: number | undefined;
}

export interface Address {
  ip: string;
  port: number;
}

/** Makes services reachable. Every mode passes `test/contract/proxier.ts`. */
export interface Proxier {
  readonly mode: string;
  /**
   * Replaces what is served for one service; empty removes it. Connections that are open stay, also those to an endpoint that is gone
   * from the list. Resolves once new connections see the change; an address that cannot be served is reported and tried again.
   */
  set(service: string, ports: readonly ServicePort[]): Promise<void>;
  /** Closes everything. */
  close(): Promise<void>;
}
