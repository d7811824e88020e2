import { isDeepStrictEqual } from 'node:util';
import type { Node, NodeStatus } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { Logger } from '../../shared/component/logging.ts';
import { isAlreadyExists } from '../../shared/machinery/api-error.ts';
import { Backoff } from '../../shared/machinery/backoff.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { type NodeFacts, nodeLabels, nodeObject, nodeStatus } from './node-object.ts';

/** An unchanged status is posted again after this long, ms. Source: KubeletConfiguration nodeStatusReportFrequency (5 min). */
const REPORT_MS = 300_000;

/** Registers one Node and keeps its status true. Source: kubernetes pkg/kubelet/kubelet_node_status.go. */
export class NodeReporter {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: EventRecorder;
  readonly #facts: () => NodeFacts;
  #node: DeepReadonly<Node> | undefined;
  #reportedAt = 0;

  /** `facts` is asked at each report. */
  constructor(facts: () => NodeFacts, options: { client: ApiClient; clock: Clock; log: Logger; events: EventRecorder }) {
    this.#facts = facts;
    this.#client = options.client;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#events = options.events;
  }

  /** As last seen or written. */
  get node(): DeepReadonly<Node> | undefined {
    return this.#node;
  }

  /** The Node as the API has it now: what others wrote into its status, `Unknown` above all, is put right by the next report. */
  observe(node: DeepReadonly<Node>): void {
    if (this.#node?.metadata.uid === node.metadata.uid) this.#node = node;
  }

  /** Creates the Node, or takes over the one there is; resolves once its status is posted. Retries until `signal` aborts. */
  async register(signal: AbortSignal): Promise<void> {
    // Shorter than upstream's 100 ms doubling to 7 s: the API server often starts at the same time.
    const backoff = new Backoff({ initialMs: 50, maxMs: 1_000 });
    while (!signal.aborted) {
      try {
        await this.#register(signal);
        await this.report(signal);
        this.#log.info({ node: this.#facts().name }, 'node registered');
        return;
      } catch (err) {
        if (signal.aborted) return;
        this.#log.warn({ err, node: this.#facts().name }, 'node not registered, will retry');
        await backoff.wait(this.#clock, signal);
      }
    }
  }

  /** Posts the status if it changed or was posted too long ago. */
  async report(signal: AbortSignal): Promise<void> {
    const facts = this.#facts();
    const now = this.#clock.now();
    const old = this.#node?.status;
    const status = nodeStatus(facts, old, now);
    if (now - this.#reportedAt < REPORT_MS && old !== undefined && sameStatus(old, status)) return;
    const patch = { status: { ...status, addresses: [...(status.addresses ?? []), { $patch: 'replace' }] } }; // merged by type otherwise
    this.#node = await this.#client.patch('nodes', facts.name, patch, { type: 'strategic', subresource: 'status' }, signal);
    this.#reportedAt = now;
    this.#tellReadiness(readiness(old), this.#node);
  }

  /** Source: kubelet/nodestatus ReadyCondition. */
  #tellReadiness(before: string | undefined, node: DeepReadonly<Node>): void {
    const after = readiness(node.status);
    if (before === undefined || before === after) return;
    const reason = after === 'True' ? 'NodeReady' : 'NodeNotReady';
    this.#events.event(node, 'Normal', reason, `Node ${node.metadata.name} status is now: ${reason}`);
  }

  async #register(signal: AbortSignal): Promise<void> {
    const facts = this.#facts();
    const object = nodeObject(facts, this.#clock.now());
    try {
      this.#node = await this.#client.create('nodes', object, signal);
      if (sameStatus(this.#node.status, object.status)) this.#reportedAt = this.#clock.now();
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const spec = facts.podCidr === undefined ? {} : { spec: { podCIDR: facts.podCidr, podCIDRs: [facts.podCidr] } };
      const existing = await this.#client.get('nodes', facts.name, signal);
      const fill = existing.spec.podCIDR === undefined ? spec : {}; // a node keeps the range it has
      this.#node = await this.#client.patch(
        'nodes',
        facts.name,
        { metadata: { labels: nodeLabels(facts) }, ...fill },
        { type: 'merge' },
        signal,
      );
    }
  }
}

function readiness(status: DeepReadonly<NodeStatus> | undefined): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

function sameStatus(a: DeepReadonly<NodeStatus> | undefined, b: NodeStatus): boolean {
  const essence = (status: DeepReadonly<NodeStatus> | undefined): unknown => [
    status?.addresses,
    status?.capacity,
    status?.allocatable,
    status?.daemonEndpoints,
    status?.nodeInfo,
    (b.conditions ?? []).map(({ type }) => {
      const { status: value, reason, message } = status?.conditions?.find((one) => one.type === type) ?? {};
      return { type, value, reason, message };
    }),
  ];
  return isDeepStrictEqual(JSON.parse(JSON.stringify(essence(a))), JSON.parse(JSON.stringify(essence(b))));
}
