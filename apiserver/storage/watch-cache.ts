import type { UntypedObject } from '../../shared/api/meta.ts';
import type { Change, Guard, Op, Provenance, Revision, StorageBackend, TxnResult } from './backend.ts';
import { CacheEvent } from './watch-cache-events.ts';
import { CachedObject } from './watch-cache-object.ts';
import { type IndexedField, ResourceCache } from './watch-cache-resource.ts';

const ROOT = '/registry/';
const ROOT_END = '/registry0';
/** Leases are kept elsewhere, but their writes are revisions, too. */
const EVERYTHING = { start: '/', end: '0' };
const PAGE = 5000;

export interface CacheResource {
  /** Such as `/registry/pods/`. */
  prefix: string;
  indexedField?: IndexedField;
}

/**
 * Everything that is stored, in memory and in key order, kept in step with the backend by one watch, so that all resources move through
 * the same revisions. After `txn` resolves, reads here see the write; `settled` makes that so for writes of other servers, too.
 */
export class WatchCache {
  readonly #backend: StorageBackend;
  readonly #resources = new Map<string, ResourceCache>();
  /** Parsed forms of values on their way through the backend, so that nothing is parsed that was just written. */
  readonly #written = new WeakMap<Uint8Array, UntypedObject>();
  #waiting: { revision: Revision; resolve(): void }[] = [];
  #revision: Revision = 0;
  #flushing = false;
  #failure: Error | undefined;

  constructor(backend: StorageBackend) {
    this.#backend = backend;
  }

  /** The revision up to which all is here. */
  get revision(): Revision {
    return this.#revision;
  }

  get backend(): StorageBackend {
    return this.#backend;
  }

  /** Loads all that is stored, then follows until `signal` aborts. Resolves once loaded; `failed` hears why following ended. */
  async start(resources: readonly CacheResource[], signal: AbortSignal, failed: (error: unknown) => void): Promise<void> {
    const at = this.#backend.revision();
    this.#revision = at;
    for (const { prefix, indexedField } of resources) this.#resources.set(prefix, new ResourceCache(prefix, at, indexedField));
    for (let start = ROOT; ; ) {
      const { entries, more } = await this.#backend.range({ start, end: ROOT_END }, { at, limit: PAGE });
      for (const { key, value, modRevision } of entries) {
        const cache = this.#cacheOf(key);
        cache?.load(new CachedObject({ key, prefixLength: cache.prefix.length, value, revision: modRevision }));
      }
      const last = entries.at(-1);
      if (!more || last === undefined) break;
      start = `${last.key}\0`;
    }
    this.#follow(at, signal).catch((error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      for (const { resolve } of this.#waiting.splice(0)) resolve();
      failed(error);
    });
  }

  /** The cache of a resource with its group in its prefix, which `start` was not told of: there from the first object or question on. */
  customResource(prefix: string): ResourceCache {
    const found = this.#resources.get(prefix);
    if (found !== undefined) return found;
    const made = new ResourceCache(prefix, this.#revision);
    this.#resources.set(prefix, made);
    return made;
  }

  /** The cache of a resource that `start` was told of. */
  resource(prefix: string): ResourceCache {
    const found = this.#resources.get(prefix);
    if (found === undefined) throw new Error(`resource ${prefix} is not cached`);
    return found;
  }

  /** Writes; resolves once durable and visible here. `object` is the parsed form of each put, by position; it belongs to the cache then. */
  async txn(guards: readonly Guard[], ops: readonly Op[], options: { provenance: Provenance; object?: UntypedObject }): Promise<TxnResult> {
    const { provenance, object } = options;
    const first = ops[0];
    if (object !== undefined && first !== undefined && 'put' in first) this.#written.set(first.value, object);
    const result = await this.#backend.txn(guards, ops, { provenance });
    await this.reached(result.revision);
    return result;
  }

  /** The object for a version that is not in `cache`. */
  make(cache: ResourceCache, { key, value, revision }: { key: string; value: Uint8Array; revision: Revision }): CachedObject {
    return new CachedObject({ key, prefixLength: cache.prefix.length, value, revision });
  }

  /** Resolves once every write that was acknowledged by now can be read here. */
  settled(): Promise<void> | undefined {
    const newest = this.#backend.revision();
    return this.#revision >= newest ? undefined : this.reached(newest);
  }

  async reached(revision: Revision): Promise<void> {
    if (this.#revision >= revision) return;
    await new Promise<void>((resolve) => this.#waiting.push({ revision, resolve }));
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Events of one resource after `after`, from the store's history, up to a revision from which the resource's ring goes on; then hands
   * over the latter without a gap. Throws StorageError 'COMPACTED'.
   */
  async *history(cache: ResourceCache, after: Revision, signal: AbortSignal): AsyncGenerator<CacheEvent, Revision> {
    const range = { start: cache.prefix, end: `${cache.prefix.slice(0, -1)}0` };
    const stream = this.#backend.watch(range, after, signal);
    stream.requestProgress();
    let reached = after;
    for await (const { revision, changes } of stream) {
      for (const change of changes) yield await this.#pastEvent(cache, revision, change);
      reached = revision;
      if (cache.eventsAfter(reached) !== undefined) break;
    }
    return reached;
  }

  async #pastEvent(cache: ResourceCache, revision: Revision, change: Change): Promise<CacheEvent> {
    const key = change.type === 'put' ? change.entry.key : change.key;
    const before = change.previous === undefined ? undefined : await this.#backend.version(key, change.previous.modRevision);
    return new CacheEvent(
      revision,
      change.type === 'put' ? this.make(cache, { key, value: change.entry.value, revision }) : undefined,
      before === undefined ? undefined : this.make(cache, { key, value: before.value, revision: before.modRevision }),
    );
  }

  async #follow(after: Revision, signal: AbortSignal): Promise<void> {
    for await (const { revision, changes } of this.#backend.watch(EVERYTHING, after, signal)) {
      let dirty = false;
      for (const change of changes) dirty = this.#apply(revision, change) || dirty;
      this.#revision = revision;
      if (dirty && !this.#flushing) {
        this.#flushing = true;
        setImmediate(() => this.#flush());
      }
      if (this.#waiting.length > 0) this.#wake(revision);
    }
  }

  #wake(revision: Revision): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => one.revision > revision);
    if (this.#waiting.length < waiting.length) for (const one of waiting) if (one.revision <= revision) one.resolve();
  }

  #apply(revision: Revision, change: Change): boolean {
    if (change.type === 'delete') return this.#cacheOf(change.key)?.apply(revision, change.key, undefined) ?? false;
    const { key, value } = change.entry;
    const cache = this.#cacheOf(key);
    if (cache === undefined) return false;
    const object = this.#written.get(value);
    if (object !== undefined) object.metadata.resourceVersion = String(revision);
    return cache.apply(
      revision,
      key,
      new CachedObject({ key, prefixLength: cache.prefix.length, value, revision, ...(object && { object }) }),
    );
  }

  #flush(): void {
    this.#flushing = false;
    for (const cache of this.#resources.values()) cache.flush();
  }

  /** Prefixes are `/registry/<resource>/` or, for what is laid out deeper, `/registry/<group>/<resource>/`. */
  #cacheOf(key: string): ResourceCache | undefined {
    const slash = key.indexOf('/', ROOT.length);
    if (slash < 0) return undefined;
    const found = this.#resources.get(key.slice(0, slash + 1));
    if (found !== undefined) return found;
    const next = key.indexOf('/', slash + 1);
    if (next < 0) return undefined;
    const prefix = key.slice(0, next + 1);
    return this.#resources.get(prefix) ?? (key.slice(ROOT.length, slash).includes('.') ? this.customResource(prefix) : undefined);
  }
}
