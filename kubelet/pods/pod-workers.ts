import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ChangeType } from '../../shared/client/informer.ts';
import { keyOf, objectKey } from '../../shared/machinery/object-key.ts';
import { admitPod } from './admit-pod.ts';
import { PodWorker } from './pod-worker.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Between two looks at ConfigMaps, Secrets and tokens in volumes, ms. Source: KubeletConfiguration syncFrequency (1 min). */
const VOLUME_SYNC_MS = 60_000;
/** Grace of containers whose pod is gone from the API, ms. Source: pod_workers.go calculateEffectiveGracePeriod (orphans: 1 s at least). */
const ORPHAN_GRACE_MS = 2_000;

/** The pods of one node: a worker for each, woken by the API, the runtime and the probes. */
export class PodWorkers {
  readonly #deps: WorkerDeps;
  readonly #workers = new Map<string, PodWorker>();
  /** Pods that were heard of before `open`. */
  #early: Map<string, DeepReadonly<Pod>> | undefined = new Map();

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
  }

  /** A change of a pod that is bound to this node. Before `open` it is only remembered. */
  apply(pod: DeepReadonly<Pod>, change: ChangeType): void {
    const { uid } = pod.metadata;
    if (this.#early !== undefined) return void (change === 'deleted' ? this.#early.delete(uid) : this.#early.set(uid, pod));
    const worker = this.#workers.get(uid);
    if (worker === undefined) {
      if (change !== 'deleted') this.#add(pod);
    } else worker.update(change === 'deleted' ? undefined : pod);
  }

  #add(pod: DeepReadonly<Pod>): void {
    const { uid } = pod.metadata;
    this.#endOthers(pod);
    const worker = new PodWorker(pod, this.#deps, () => this.#workers.delete(uid));
    const others = [...this.#workers.values()].filter(({ active }) => active).map((other) => other.pod);
    this.#workers.set(uid, worker);
    const isNew = (pod.status?.phase ?? 'Pending') === 'Pending' && this.#deps.relist.of(uid).length === 0;
    const rejection = isNew && pod.metadata.deletionTimestamp === undefined ? admitPod(pod, others, this.#deps.allocatable) : undefined;
    if (rejection === undefined) worker.wake();
    else worker.reject(rejection);
  }

  /** The runtime or a probe has news of the pod. */
  wake(podUid: string): void {
    this.#workers.get(podUid)?.wake();
  }

  /** All pods are known: takes back what runs for them, removes what runs for others, starts to work. */
  async open(): Promise<void> {
    const { relist, log, nodeName } = this.#deps;
    const early = this.#early?.values() ?? [];
    this.#early = undefined;
    const byAge = [...early].sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
    for (const pod of byAge) this.#add(pod);
    const known = relist.podUids().filter((uid) => this.#workers.has(uid));
    const containers = known.flatMap((uid) =>
      relist.of(uid).flatMap((sandbox) => sandbox.containers.filter(({ state }) => state === 'running')),
    );
    if (known.length > 0) log.info({ node: nodeName }, `took back ${containers.length} containers of ${known.length} pods`);
    await this.#removeOrphans();
  }

  /** Follows runtime and time until `signal` aborts; call after `open`. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#deps.relist.run(signal), this.#refreshVolumes(signal)]);
    await Promise.all([...this.#workers.values()].map((worker) => worker.settled()));
  }

  /** All pods of the node, each with the newest status that is known. */
  pods(): DeepReadonly<Pod>[] {
    return [...this.#workers.values()].map(({ current }) => current);
  }

  /** A pod of the same name with another uid has taken the place of an earlier one, whose deletion nobody saw. */
  #endOthers(pod: DeepReadonly<Pod>): void {
    const key = keyOf(pod);
    for (const worker of this.#workers.values()) if (keyOf(worker.pod) === key) worker.update(undefined);
  }

  async #removeOrphans(): Promise<void> {
    const { relist, driver, log, nodeName, volumes, addresses } = this.#deps;
    const orphans = relist.podUids().filter((uid) => !this.#workers.has(uid));
    await Promise.all(
      orphans.map(async (uid) => {
        try {
          for (const { id, containers, namespace, name } of relist.of(uid)) {
            log.info({ node: nodeName, object: `pods/${objectKey(namespace, name)}`, uid }, 'removing what a pod left that is gone');
            await Promise.all(
              containers.filter(({ state }) => state === 'running').map((container) => driver.stopContainer(container.id, ORPHAN_GRACE_MS)),
            );
            await driver.removeSandbox(id);
          }
          await volumes.unmount(uid);
          addresses?.release(uid);
        } catch (err) {
          log.warn({ err, node: nodeName, uid }, 'orphan not removed');
        }
      }),
    );
    if (orphans.length > 0) await relist.refresh();
  }

  async #refreshVolumes(signal: AbortSignal): Promise<void> {
    if (driverHasNoVolumes(this.#deps)) return;
    while (!signal.aborted) {
      await this.#deps.clock.sleep(VOLUME_SYNC_MS, signal);
      for (const worker of this.#workers.values()) if (!signal.aborted) await worker.refreshVolumes();
    }
  }
}

function driverHasNoVolumes({ driver }: WorkerDeps): boolean {
  return driver.name === 'simulated';
}
