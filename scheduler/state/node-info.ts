import type { Node } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { quantityValue } from '../../shared/machinery/quantity.ts';
import type { HostPort, PodInfo } from './pod-info.ts';
import { combine, NOTHING, type Resources, readResources } from './resources.ts';

/** A node with the pods on it (assumed ones too) and their sums, kept up to date as pods come and go. */
export class NodeInfo {
  readonly name: string;
  #node: DeepReadonly<Node> | undefined;
  #allocatable: Resources = NOTHING;
  #allowedPods = 0;
  #requested: Resources = NOTHING;
  #scoringRequested: Resources = NOTHING;
  readonly #pods = new Map<string, PodInfo>();

  constructor(name: string) {
    this.name = name;
  }

  /** Undefined while pods are bound to a node that the cache does not hold (yet, or any more). */
  get node(): DeepReadonly<Node> | undefined {
    return this.#node;
  }
  get allocatable(): Resources {
    return this.#allocatable;
  }
  get allowedPods(): number {
    return this.#allowedPods;
  }
  get requested(): Resources {
    return this.#requested;
  }
  get scoringRequested(): Resources {
    return this.#scoringRequested;
  }
  get pods(): ReadonlyMap<string, PodInfo> {
    return this.#pods;
  }

  setNode(node: DeepReadonly<Node> | undefined): void {
    this.#node = node;
    const allocatable = node?.status.allocatable;
    this.#allocatable = readResources(allocatable);
    this.#allowedPods = allocatable?.pods === undefined ? 0 : quantityValue(allocatable.pods);
  }

  addPod(pod: PodInfo): void {
    this.removePod(pod.uid);
    this.#pods.set(pod.uid, pod);
    this.#requested = combine(this.#requested, pod.requests);
    this.#scoringRequested = combine(this.#scoringRequested, pod.scoringRequests);
  }

  removePod(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    this.#pods.delete(uid);
    this.#requested = combine(this.#requested, pod.requests, -1);
    this.#scoringRequested = combine(this.#scoringRequested, pod.scoringRequests, -1);
  }

  /** Whether a pod here already holds this port on an address that overlaps. */
  holdsPort(wanted: HostPort): boolean {
    for (const { hostPorts } of this.#pods.values()) {
      for (const held of hostPorts) {
        const overlaps = held.ip === wanted.ip || held.ip === '0.0.0.0' || wanted.ip === '0.0.0.0';
        if (overlaps && held.port === wanted.port && held.protocol === wanted.protocol) return true;
      }
    }
    return false;
  }
}
