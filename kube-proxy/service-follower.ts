import type { Node, Service } from '../shared/api/generated/core-v1.ts';
import type { EndpointSlice } from '../shared/api/generated/discovery-v1.ts';
import type { DeepReadonly } from '../shared/api/meta.ts';
import type { Informer } from '../shared/client/informer.ts';
import type { Histogram, MetricsRegistry } from '../shared/component/metrics.ts';
import type { Clock } from '../shared/machinery/clock.ts';
import { keyOf, objectKey } from '../shared/machinery/object-key.ts';
import { nodePortAddresses } from './node-port-addresses.ts';
import { planServicePorts } from './plan-service-ports.ts';
import type { Proxier } from './proxier.ts';

export interface ServiceFollowerDeps {
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  nodes: Informer<Node>;
  proxier: Proxier;
  nodePortRanges: readonly string[];
  nodeName: string;
  clock: Clock;
  metrics: MetricsRegistry;
}

const SERVICE_NAME = 'kubernetes.io/service-name';

/** Applies the plan of each service that changed, or whose endpoints did. A change is live as soon as it is known: nothing is batched in time. */
export class ServiceFollower {
  readonly #deps: ServiceFollowerDeps;
  readonly #dirty = new Set<string>();
  /** Service key → its slices by name; informers' indexes hold no selection by label. */
  readonly #slices = new Map<string, Map<string, DeepReadonly<EndpointSlice>>>();
  readonly #duration: Histogram;
  #nodePortIps: readonly string[];
  #wake: (() => void) | undefined;

  constructor(deps: ServiceFollowerDeps) {
    this.#deps = deps;
    this.#nodePortIps = nodePortAddresses(deps.nodePortRanges, []);
    this.#duration = deps.metrics.histogram(
      'kubeproxy_sync_proxy_rules_duration_seconds',
      'SyncProxyRules latency in seconds',
      [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
    );
    deps.services.onChange((service) => this.#mark(keyOf(service)));
    deps.slices.onChange((slice, { type }) => {
      const service = objectKey(slice.metadata.namespace, slice.metadata.labels?.[SERVICE_NAME] ?? '');
      const slices = this.#slices.get(service) ?? new Map<string, DeepReadonly<EndpointSlice>>();
      if (type === 'deleted') slices.delete(slice.metadata.name);
      else slices.set(slice.metadata.name, slice);
      if (slices.size === 0) this.#slices.delete(service);
      else this.#slices.set(service, slices);
      this.#mark(service);
    });
    deps.nodes.onChange(() => this.#nodesChanged());
  }

  /** Runs until `signal` aborts; calls `onSynced` once all that was known at the start is served. */
  async run(signal: AbortSignal, onSynced: () => void): Promise<void> {
    await this.#applyDirty();
    onSynced();
    while (!signal.aborted) {
      if (this.#dirty.size === 0)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      await this.#applyDirty();
    }
  }

  #mark(service: string): void {
    this.#dirty.add(service);
    this.#wake?.();
    this.#wake = undefined;
  }

  async #applyDirty(): Promise<void> {
    if (this.#dirty.size === 0) return;
    const { services, proxier, nodeName, clock } = this.#deps;
    const started = clock.monotonic();
    const keys = [...this.#dirty];
    this.#dirty.clear();
    await Promise.all(
      keys.map((key) => {
        const slices = [...(this.#slices.get(key)?.values() ?? [])];
        return proxier.set(key, planServicePorts({ service: services.get(key), slices, nodePortIps: this.#nodePortIps, nodeName }));
      }),
    );
    this.#duration.observe((clock.monotonic() - started) / 1000);
  }

  #nodesChanged(): void {
    const ips = nodePortAddresses(this.#deps.nodePortRanges, this.#deps.nodes.list());
    if (ips.join() === this.#nodePortIps.join()) return;
    this.#nodePortIps = ips;
    for (const service of this.#deps.services.list())
      if ((service.spec.ports ?? []).some(({ nodePort }) => nodePort !== undefined)) this.#mark(keyOf(service));
  }
}
