import type { CustomResourceDefinition } from '../../shared/api/generated/apiextensions-v1.ts';
import type { DeepReadonly, KubeObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { withCause } from '../../shared/client/cause.ts';
import type { Informer } from '../../shared/client/informer.ts';
import { linkedAbort } from '../../shared/client/linked-abort.ts';
import { Reflector, type ReflectorTarget } from '../../shared/client/reflector.ts';
import { stopped } from '../../shared/component/lifecycle.ts';
import type { Logger } from '../../shared/component/logging.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { keyOf, type ObjectKey } from '../../shared/machinery/object-key.ts';
import { customResource, deletableResources } from '../custom-resources.ts';
import type { OwnershipGraph } from './ownership-graph.ts';

export interface MonitorDeps {
  client: ApiClient;
  clock: Clock;
  log: Logger;
  definitions: Informer<CustomResourceDefinition>;
  /** Informers that other controllers keep anyway, by resource: their objects need not be read a second time. */
  shared: ReadonlyMap<string, Informer<KubeObject>>;
}

/**
 * The watches that only the garbage collector needs begin this long after the start, ms: some twenty TLS connections, which would else
 * hold up the start of everything.
 */
const OWN_WATCHES_AFTER_MS = 1_000;

/** Follows every deletable resource, custom ones as they come and go, and keeps nothing of the objects but the graph. */
export class ResourceMonitors {
  readonly #deps: MonitorDeps;
  readonly #graph: OwnershipGraph;
  readonly #byKind = new Map<string, ResourceInfo>();
  readonly #running = new Map<string, Monitor>();
  readonly #synced: Promise<void>[] = [];
  #ownStarted: () => void = () => {};

  constructor(graph: OwnershipGraph, deps: MonitorDeps) {
    this.#deps = deps;
    this.#graph = graph;
    this.#synced.push(
      new Promise((resolve) => {
        this.#ownStarted = resolve;
      }),
    );
    for (const info of deletableResources()) this.#byKind.set(kindKey(groupVersion(info), info.kind), info);
  }

  /** The resource that serves a kind, in any version of its group. */
  resourceOf(apiVersion: string, kind: string): ResourceInfo | undefined {
    return this.#byKind.get(kindKey(apiVersion, kind));
  }

  /** Settles when `signal` aborted and all has stopped. */
  async run(signal: AbortSignal): Promise<void> {
    const infos = [...this.#byKind.values()];
    const stopListening = infos.flatMap((info) => {
      const informer = this.#deps.shared.get(info.id);
      return informer === undefined ? [] : [this.#listen(info, informer)];
    });
    await this.#deps.clock.sleep(OWN_WATCHES_AFTER_MS, signal);
    const own = infos.filter((info) => !this.#deps.shared.has(info.id));
    stopListening.push(...own.map((info) => this.#start(info, signal)));
    this.#ownStarted();
    const stopDefinitions = this.#deps.definitions.onChange((definition, { type }) => {
      const info = customResource(definition);
      if (info === undefined) return;
      if (type === 'deleted') this.#forget(info);
      else if (this.resourceOf(groupVersion(info), info.kind)?.version !== info.version) this.#start(info, signal);
    });
    await stopped(signal);
    stopDefinitions();
    for (const stop of stopListening) stop();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Resolves once all resources known so far were listed. */
  async whenSynced(): Promise<void> {
    await this.#synced[0]; // the watches of our own are started
    await Promise.all(this.#synced);
  }

  #listen(info: ResourceInfo, informer: Informer<KubeObject>): () => void {
    const feeder = new GraphFeeder(this.#graph, info);
    return informer.onChange((object, { type }) => feeder.apply(type === 'deleted' ? 'DELETED' : 'MODIFIED', object));
  }

  /** A resource that is followed already, in another version, keeps what was learnt of it. */
  #start(info: ResourceInfo, parent: AbortSignal): () => void {
    const before = this.#running.get(info.id);
    before?.abort();
    this.#byKind.set(kindKey(groupVersion(info), info.kind), info);
    const stop = linkedAbort(parent);
    const feeder = new GraphFeeder(this.#graph, info, before?.feeder);
    const { client, clock, log } = this.#deps;
    const done = new Reflector(client, { resource: info, selection: {}, target: feeder, clock, log }).run(stop.signal).finally(stop.unlink);
    this.#running.set(info.id, { abort: () => stop.abort(), done, feeder });
    this.#synced.push(Promise.race([feeder.synced, done]));
    return () => stop.abort();
  }

  #forget(info: ResourceInfo): void {
    const monitor = this.#running.get(info.id);
    monitor?.abort();
    monitor?.feeder.replace([]);
    this.#running.delete(info.id);
    this.#byKind.delete(kindKey(groupVersion(info), info.kind));
  }
}

interface Monitor {
  abort(): void;
  done: Promise<void>;
  feeder: GraphFeeder;
}

/** Turns one resource's lists and events into calls on the graph. */
class GraphFeeder implements ReflectorTarget<KubeObject> {
  readonly #graph: OwnershipGraph;
  readonly #apiVersion: string;
  readonly #kind: string;
  readonly #uids: Map<ObjectKey, string>;
  #listed: () => void = () => {};
  /** Resolves with the first list. */
  readonly synced: Promise<void>;

  constructor(graph: OwnershipGraph, info: ResourceInfo, before?: GraphFeeder) {
    this.#graph = graph;
    this.#apiVersion = groupVersion(info);
    this.#kind = info.kind;
    this.#uids = before === undefined ? new Map() : before.#uids;
    this.synced = new Promise((resolve) => {
      this.#listed = resolve;
    });
  }

  replace(objects: KubeObject[]): void {
    const gone = new Map(this.#uids);
    for (const object of objects) {
      if (gone.get(keyOf(object)) === object.metadata.uid) gone.delete(keyOf(object));
      this.apply('MODIFIED', object);
    }
    for (const [key, uid] of gone) {
      if (this.#uids.get(key) === uid) this.#uids.delete(key);
      this.#graph.remove(uid);
    }
    this.#listed();
  }

  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: DeepReadonly<KubeObject>): void {
    const { uid, name, namespace = '', resourceVersion } = object.metadata;
    withCause(Number(resourceVersion), () => {
      if (type === 'DELETED') {
        this.#uids.delete(keyOf(object));
        this.#graph.remove(uid);
      } else {
        this.#uids.set(keyOf(object), uid);
        this.#graph.observe(object, { apiVersion: this.#apiVersion, kind: this.#kind, namespace, name });
      }
    });
  }
}

function kindKey(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}`;
}
