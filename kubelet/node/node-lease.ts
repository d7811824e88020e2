import type { LeaseSpec } from '../../shared/api/generated/coordination-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { isAlreadyExists, isNotFound } from '../../shared/machinery/api-error.ts';
import { type Clock, microTimestamp } from '../../shared/machinery/clock.ts';

const NAMESPACE = 'kube-node-lease';
/** Source: KubeletConfiguration nodeLeaseDurationSeconds. */
const LEASE_SECONDS = 40;
/** Renewed at a quarter of its duration, ms. Source: kubelet nodeLeaseRenewIntervalFraction. */
export const RENEW_MS = LEASE_SECONDS * 250;

/** One node's heartbeat: the Lease that the node life-cycle controller looks at. */
export class NodeLease {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #nodeName: string;
  #made = false;

  constructor(nodeName: string, options: { client: ApiClient; clock: Clock }) {
    this.#nodeName = nodeName;
    this.#client = options.client;
    this.#clock = options.clock;
  }

  /** Renews it, or makes it. `nodeUid` makes it go with the node. Rejects when neither worked. */
  async renew(nodeUid: string | undefined, signal: AbortSignal): Promise<void> {
    if (!this.#made && (await this.#make(nodeUid, signal))) return;
    try {
      await this.#client.patch('leases', `${NAMESPACE}/${this.#nodeName}`, { spec: this.#spec() }, { type: 'merge' }, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.#make(nodeUid, signal);
    }
  }

  /** False when there is one already. */
  async #make(nodeUid: string | undefined, signal: AbortSignal): Promise<boolean> {
    const owner = { apiVersion: 'v1', kind: 'Node', name: this.#nodeName, uid: nodeUid ?? '' };
    const metadata = { name: this.#nodeName, namespace: NAMESPACE, ...(nodeUid === undefined ? {} : { ownerReferences: [owner] }) };
    try {
      await this.#client.create('leases', { metadata, spec: this.#spec() }, signal);
      this.#made = true;
      return true;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      this.#made = true;
      return false;
    }
  }

  #spec(): LeaseSpec {
    return { holderIdentity: this.#nodeName, leaseDurationSeconds: LEASE_SECONDS, renewTime: microTimestamp(this.#clock.now()) };
  }
}
