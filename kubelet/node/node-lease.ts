import type { ApiClient } from '../../shared/client/api-client.ts';
import { isAlreadyExists, isNotFound } from '../../shared/machinery/api-error.ts';
import { type Clock, microTimestamp } from '../../shared/machinery/clock.ts';

const NAMESPACE = 'kube-node-lease';
/** Source: KubeletConfiguration nodeLeaseDurationSeconds. */
export const LEASE_SECONDS = 40;
/** Renewed at a quarter of its duration, ms. Source: kubelet nodeLeaseRenewIntervalFraction. */
export const RENEW_MS = LEASE_SECONDS * 250;

/** One node's heartbeat: the Lease that the node life-cycle controller looks at. */
export class NodeLease {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #nodeName: string;

  constructor(nodeName: string, options: { client: ApiClient; clock: Clock }) {
    this.#nodeName = nodeName;
    this.#client = options.client;
    this.#clock = options.clock;
  }

  /** Renews it, or makes it. `nodeUid` makes it go with the node. Rejects when neither worked. */
  async renew(nodeUid: string | undefined, signal: AbortSignal): Promise<void> {
    const renewTime = microTimestamp(this.#clock.now());
    const spec = { holderIdentity: this.#nodeName, leaseDurationSeconds: LEASE_SECONDS, renewTime };
    try {
      await this.#client.patch('leases', `${NAMESPACE}/${this.#nodeName}`, { spec }, { type: 'merge' }, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const owner = { apiVersion: 'v1', kind: 'Node', name: this.#nodeName, uid: nodeUid ?? '' };
      const metadata = { name: this.#nodeName, namespace: NAMESPACE, ...(nodeUid === undefined ? {} : { ownerReferences: [owner] }) };
      await this.#client.create('leases', { metadata, spec }, signal).catch((err: unknown) => {
        if (!isAlreadyExists(err)) throw err;
      });
    }
  }
}
