import type { Node, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { NodeInfo } from './node-info.ts';
import { type PodInfo, podInfo } from './pod-info.ts';

/**
 * Nodes and what runs on them: the informers' view plus pods that were given a node here and whose binding the informer has not shown
 * yet (assumed). A scheduling cycle reads it without a copy: it runs between two turns of the event loop, in which nothing changes.
 */
export class ClusterState {
  readonly #nodes = new Map<string, NodeInfo>();
  /** Pod uid → the node it counts on. */
  readonly #placed = new Map<string, string>();
  readonly #assumed = new Set<string>();
  #schedulable: NodeInfo[] | undefined;

  /** Nodes that exist, in a stable order. */
  nodes(): readonly NodeInfo[] {
    this.#schedulable ??= [...this.#nodes.values()].filter(({ node }) => node !== undefined);
    return this.#schedulable;
  }

  get(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  setNode(node: DeepReadonly<Node>): NodeInfo {
    const info = this.#ensure(node.metadata.name);
    info.setNode(node);
    this.#schedulable = undefined;
    return info;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info === undefined) return;
    info.setNode(undefined);
    if (info.pods.size === 0) this.#nodes.delete(name);
    this.#schedulable = undefined;
  }

  /** Counts a pod on a node before the API server knows. */
  assume(pod: PodInfo, nodeName: string): void {
    this.#place(pod, nodeName);
    this.#assumed.add(pod.uid);
  }

  /** Takes an assumption back after its binding failed. */
  forget(uid: string): void {
    if (this.#assumed.has(uid)) this.#remove(uid);
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  /** A pod with `spec.nodeName` as the informer shows it; one that has ended holds nothing. */
  setPod(pod: DeepReadonly<Pod>): void {
    const nodeName = pod.spec.nodeName ?? '';
    if (nodeName === '' || isTerminal(pod)) return this.#remove(pod.metadata.uid);
    this.#place(podInfo(pod), nodeName);
    this.#assumed.delete(pod.metadata.uid);
  }

  removePod(uid: string): void {
    this.#remove(uid);
  }

  #place(pod: PodInfo, nodeName: string): void {
    const before = this.#placed.get(pod.uid);
    if (before !== undefined && before !== nodeName) this.#remove(pod.uid);
    this.#ensure(nodeName).addPod(pod);
    this.#placed.set(pod.uid, nodeName);
  }

  #remove(uid: string): void {
    const nodeName = this.#placed.get(uid);
    this.#assumed.delete(uid);
    if (nodeName === undefined) return;
    this.#placed.delete(uid);
    const info = this.#nodes.get(nodeName);
    info?.removePod(uid);
    if (info !== undefined && info.node === undefined && info.pods.size === 0) this.#nodes.delete(nodeName);
  }

  #ensure(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (info === undefined) {
      info = new NodeInfo(name);
      this.#nodes.set(name, info);
    }
    return info;
  }
}

export function isTerminal(pod: DeepReadonly<Pod>): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}
