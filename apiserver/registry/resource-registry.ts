import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import { BUILT_IN_RESOURCES, type ResourceId, type ResourceInfo } from '../../shared/api/scheme.ts';
import type { MetricsRegistry } from '../../shared/component/metrics.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { AdmissionChain } from '../admission/chain.ts';
import { CustomResources } from '../custom-resources/custom-resources.ts';
import type { CacheResource, WatchCache } from '../storage/watch-cache.ts';
import type { ObjectReader } from './object-reader.ts';
import { ObjectStore } from './object-store.ts';
import type { ServiceAllocators } from './service-allocators.ts';
import { storagePrefix } from './storage-layout.ts';
import type { Strategy } from './strategy.ts';
import { CONVERSIONS, VersionConversion } from './version-conversion.ts';

/** Bounds of the buckets for writes, seconds. */
const WRITE_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

export interface ResourceRegistryDeps {
  cache: WatchCache;
  clock: Clock;
  random(): number;
  uid(): string;
  strategyFor(info: ResourceInfo): Strategy;
  services: ServiceAllocators;
  /** The lease that events are put with. */
  eventLease(): Promise<string>;
  metrics: MetricsRegistry;
}

/** The resources that are stored: each row of data with its store. Reviews and other create-only resources are not here. */
export class ResourceRegistry implements ObjectReader {
  readonly #deps: ResourceRegistryDeps;
  readonly #byPath = new Map<string, ObjectStore>();
  readonly #byId = new Map<string, ObjectStore>();
  #custom: CustomResources | undefined;
  #resources: readonly ResourceInfo[] = BUILT_IN_RESOURCES;
  #customRows: readonly ResourceInfo[] = [];

  constructor(deps: ResourceRegistryDeps) {
    this.#deps = deps;
  }

  /** What the watch cache is to follow; once, before it starts. */
  static cachedResources(): CacheResource[] {
    return BUILT_IN_RESOURCES.filter((info) => isStored(info) && CONVERSIONS[info.id] === undefined).map((info) => ({
      prefix: storagePrefix(info, true),
      ...(info.id === 'pods' && { indexedField: nodeNameOf }),
    }));
  }

  /** Makes the stores; after the watch cache was started. */
  open(admission: AdmissionChain): void {
    const { cache, clock, random, uid, strategyFor, services, eventLease, metrics } = this.#deps;
    const writes = metrics.histogram(
      'etcd_request_duration_seconds',
      'Etcd request latency in seconds for each operation and object type.',
      WRITE_SECONDS,
      ['operation', 'type'],
    );
    for (const info of BUILT_IN_RESOURCES) {
      if (!isStored(info)) continue;
      const rules = CONVERSIONS[info.id];
      const store = new ObjectStore({
        info,
        cache,
        objects: cache.resource(storagePrefix(rules?.stored ?? info, true)),
        strategy: strategyFor(info),
        admission,
        clock,
        random,
        uid,
        writes,
        ...(info.kind === 'Event' && { lease: eventLease }),
        ...(info.id === 'services' && { allocators: services }),
        ...(rules && { conversion: new VersionConversion(info, rules) }),
      });
      this.#byId.set(info.id, store);
      this.#byPath.set(`${info.group}/${info.version}/${info.plural}`, store);
    }
    this.#custom = new CustomResources({
      definitions: this.store('customresourcedefinitions').objects,
      open: ({ info, strategy, conversion }) => {
        const objects = cache.customResource(storagePrefix(info, false));
        const converter = new VersionConversion(info, conversion);
        return new ObjectStore({ info, cache, objects, strategy, admission, clock, random, uid, writes, conversion: converter });
      },
    });
    services.rebuild(this.list('services'));
    const stored = metrics.gauge('apiserver_resource_objects', 'Number of stored objects at the time of last check split by kind.', [
      'group',
      'resource',
    ]);
    metrics.onScrape(() => {
      for (const { info, objects } of this.#byId.values()) stored.set(objects.size, { group: info.group, resource: info.plural });
    });
  }

  /** All that is served, for discovery; the same array while nothing changes. */
  resources(): readonly ResourceInfo[] {
    const rows = this.custom.rows();
    if (rows !== this.#customRows) {
      this.#customRows = rows;
      this.#resources = [...BUILT_IN_RESOURCES, ...rows];
    }
    return this.#resources;
  }

  find(group: string, version: string, plural: string): ObjectStore | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`) ?? this.custom.find(group, version, plural);
  }

  /** The resources of definitions; once opened. */
  get custom(): CustomResources {
    if (this.#custom === undefined) throw new Error('the registry is not open');
    return this.#custom;
  }

  store(id: ResourceId): ObjectStore {
    const found = this.#byId.get(id);
    if (found === undefined) throw new Error(`resource ${id} is not stored`);
    return found;
  }

  get(resource: ResourceId, namespace: string, name: string): DeepReadonly<UntypedObject> | undefined {
    const store = this.store(resource);
    const found = store.objects.get(store.key({ namespace, name }));
    return found === undefined ? undefined : store.read(found);
  }

  list(resource: ResourceId, namespace = ''): readonly DeepReadonly<UntypedObject>[] {
    const store = this.store(resource);
    return store.objects.list(namespace).map((cached) => store.read(cached));
  }
}

function isStored(info: ResourceInfo): boolean {
  return info.verbs.includes('get') && info.id !== 'componentstatuses';
}

function nodeNameOf(pod: DeepReadonly<UntypedObject>): string {
  return (pod.spec as { nodeName?: string } | undefined)?.nodeName ?? '';
}
