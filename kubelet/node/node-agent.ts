import type { Service } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { Logger } from '../../shared/component/logging.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { ObjectSource } from '../env/object-source.ts';
import { HookRunner } from '../hooks/hook-runner.ts';
import { PodIpPool } from '../network/pod-ip.ts';
import type { PodPaths } from '../pods/pod-paths.ts';
import { PodWorkers } from '../pods/pod-workers.ts';
import { Relist } from '../pods/relist.ts';
import type { PodVolumes } from '../pods/worker-deps.ts';
import { probeUserAgent } from '../probes/probe.ts';
import { Prober } from '../probes/prober.ts';
import type { RuntimeDriver } from '../runtime/driver.ts';
import { NodeLease } from './node-lease.ts';
import type { NodeFacts } from './node-object.ts';
import { NodeReporter } from './node-reporter.ts';

/** What a container gets between SIGTERM and SIGKILL when the whole node goes, ms. */
const EXIT_GRACE_MS = 2_000;

export interface NodeAgentDeps {
  facts: NodeFacts;
  client: ApiClient;
  driver: RuntimeDriver;
  volumes: PodVolumes;
  objects: ObjectSource;
  services(): readonly DeepReadonly<Service>[];
  events: EventRecorder;
  paths: PodPaths;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

/** One node: its Node object and Lease, its runtime, its pods. A process runs one, or with simulated nodes many. */
export class NodeAgent {
  readonly name: string;
  readonly pods: PodWorkers;
  readonly reporter: NodeReporter;
  readonly #lease: NodeLease;
  readonly #relist: Relist;
  readonly #prober: Prober;
  readonly #addresses: PodIpPool | undefined;
  readonly #deps: NodeAgentDeps;

  constructor(deps: NodeAgentDeps) {
    const { facts, driver, clock, events, log } = deps;
    const simulated = driver.name === 'simulated';
    const userAgent = probeUserAgent(facts.kubeletVersion);
    const changed = (podUid: string): void => this.pods.wake(podUid);
    this.#deps = deps;
    this.name = facts.name;
    this.reporter = new NodeReporter(() => ({ ...facts, notReady: this.#relist.unhealthy() }), deps);
    this.#lease = new NodeLease(facts.name, deps);
    this.#relist = new Relist({ driver, clock, log, changed, periodic: !simulated });
    this.#prober = new Prober({ driver, clock, events, userAgent, changed, simulated });
    this.#addresses = facts.podCidr === undefined ? undefined : new PodIpPool(facts.podCidr);
    this.pods = new PodWorkers({
      ...deps,
      nodeName: facts.name,
      hostIPs: facts.addresses,
      allocatable: facts.resources.allocatable,
      relist: this.#relist,
      prober: this.#prober,
      hooks: new HookRunner({ driver, clock, userAgent }),
      addresses: this.#addresses,
    });
  }

  /** Reads what the runtime still holds. Call before the first pod is given to `pods`. */
  async takeStock(): Promise<void> {
    await this.#relist.refresh();
    for (const uid of this.#relist.podUids())
      for (const { ip, state } of this.#relist.of(uid)) if (state === 'ready' && ip !== undefined) this.#addresses?.adopt(uid, ip);
  }

  /** Renews the Lease and posts the Node's status if that is due. Failures are logged: the next beat tries again. */
  async beat(signal: AbortSignal): Promise<void> {
    const { log } = this.#deps;
    await Promise.all([
      this.#lease.renew(this.reporter.node?.metadata.uid, signal).catch((err: unknown) => {
        if (!signal.aborted) log.warn({ err, node: this.name }, 'node lease not renewed, will retry');
      }),
      this.reporter.report(signal).catch((err: unknown) => {
        if (!signal.aborted) log.warn({ err, node: this.name }, 'node status not posted, will retry');
      }),
    ]);
  }

  /** Runs the pods until `signal` aborts; all pods of the node have been given to `pods` before. */
  async run(signal: AbortSignal): Promise<void> {
    await this.pods.open();
    await this.pods.run(signal);
    this.#prober.close();
  }

  /** Ends every container; for a node that goes for good, or until the next start makes them anew. Call after `run` has settled. */
  async killContainers(): Promise<void> {
    const { driver, log } = this.#deps;
    const running = (await driver.list()).flatMap(({ containers }) => containers.filter(({ state }) => state === 'running'));
    const results = await Promise.allSettled(running.map(({ id }) => driver.stopContainer(id, EXIT_GRACE_MS)));
    for (const result of results)
      if (result.status === 'rejected') log.error({ err: result.reason, node: this.name }, 'container not ended');
    log.info({ node: this.name, containers: running.length }, 'containers ended');
  }
}
