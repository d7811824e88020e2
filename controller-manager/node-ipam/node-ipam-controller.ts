import type { Node } from '../../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { keyOf, type ObjectKey } from '../../shared/machinery/object-key.ts';
import { type CidrRange, planPodCidr } from './plan-pod-cidr.ts';

export interface NodeIpamDeps {
  client: ApiClient;
  recorder: EventRecorder;
  nodes: Informer<Node>;
  range: CidrRange;
}

/** Gives each node its range of pod addresses. Needs a single worker: two could give out the same range. */
export class NodeIpamController implements Reconciler {
  readonly name = 'node-ipam-controller';
  readonly #deps: NodeIpamDeps;
  /** Node → range given to it that its cached object may not show yet. */
  readonly #given = new Map<ObjectKey, string>();

  constructor(deps: NodeIpamDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    const { nodes } = this.#deps;
    nodes.onChange((node, { type }) => {
      if (type !== 'deleted' && node.spec?.podCIDR) return;
      if (type !== 'deleted') return queue.add(keyOf(node));
      this.#given.delete(keyOf(node));
      for (const other of nodes.list()) if (!other.spec?.podCIDR) queue.add(keyOf(other)); // its range is free again
    });
  }

  async reconcile(key: ObjectKey, { signal }: ReconcileContext): Promise<void> {
    const { client, recorder, nodes, range } = this.#deps;
    const node = nodes.get(key);
    if (node === undefined || node.spec?.podCIDR || this.#given.has(key)) return;
    const taken = new Set([...nodes.list().map(({ spec }) => spec?.podCIDR ?? ''), ...this.#given.values()]);
    const podCIDR = planPodCidr(range, taken);
    if (podCIDR === undefined) {
      recorder.event(node, 'Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`);
      return;
    }
    await client.patch(
      'nodes',
      key,
      { metadata: { uid: node.metadata.uid }, spec: { podCIDR, podCIDRs: [podCIDR] } },
      { type: 'strategic' },
      signal,
    );
    this.#given.set(key, podCIDR);
  }
}
