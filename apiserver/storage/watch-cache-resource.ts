import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { Revision } from './backend.ts';
import { CacheEvent, EventRing } from './watch-cache-events.ts';
import { WatchGroup, type WatchSink, type WatchView } from './watch-cache-group.ts';
import type { CachedObject } from './watch-cache-object.ts';
import { KeyOrder } from './watch-cache-order.ts';

/** Events of one resource that are kept for watches that begin in the past; older ones come from the store's history. */
const RING_CAPACITY = 4096;

/** A field by whose value objects are found and watches are woken, such as a pod's `spec.nodeName`. */
export type IndexedField = (object: DeepReadonly<UntypedObject>) => string;

/** All objects of one resource, its recent events and its live watches. */
export class ResourceCache {
  readonly prefix: string;
  readonly #byKey = new Map<string, CachedObject>();
  readonly #order = new KeyOrder<CachedObject>();
  readonly #ring: EventRing;
  readonly #indexedField: IndexedField | undefined;
  readonly #byField = new Map<string, Map<string, CachedObject>>();
  readonly #groups = new Map<string, WatchGroup>();
  /** Groups by the narrowest thing that their view demands, so that an event meets only those that it may concern. */
  readonly #wakes = new Map<string, Set<WatchGroup>>();
  readonly #dirty = new Set<WatchGroup>();
  #changed: Revision;

  constructor(prefix: string, start: Revision, indexedField?: IndexedField) {
    this.prefix = prefix;
    this.#ring = new EventRing(start, RING_CAPACITY);
    this.#changed = start;
    this.#indexedField = indexedField;
  }

  /** The revision of the last change to any object here. */
  get changedRevision(): Revision {
    return this.#changed;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): CachedObject | undefined {
    return this.#byKey.get(key);
  }

  /** In key order. `from` is a path (`namespace/name`) where to begin; it cannot lead out of the namespace. */
  list(namespace: string, from?: string): CachedObject[] {
    const start = namespace === '' ? this.prefix : `${this.prefix}${namespace}/`;
    const inside = from !== undefined && this.prefix + from > start;
    return this.#order.slice(inside ? this.prefix + from : start, `${start.slice(0, -1)}0`);
  }

  /** Objects whose indexed field has this value, in key order. Only for resources with an indexed field. */
  listIndexed(value: string): CachedObject[] {
    return [...(this.#byField.get(value)?.values() ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  get indexed(): boolean {
    return this.#indexedField !== undefined;
  }

  fieldOf(object: DeepReadonly<UntypedObject>): string {
    return this.#indexedField?.(object) ?? '';
  }

  /** Fills in what was there before the first event. */
  load(object: CachedObject): void {
    this.#put(object);
  }

  /** Takes the next change; returns whether watches wait for `flush`. */
  apply(revision: Revision, key: string, current: CachedObject | undefined): boolean {
    const previous = this.#byKey.get(key);
    if (current === undefined && previous === undefined) return false;
    if (current === undefined) this.#remove(key);
    else this.#put(current);
    this.#changed = revision;
    const event = new CacheEvent(revision, current, previous);
    this.#ring.add(event);
    if (this.#groups.size > 0) this.#wake(event);
    return this.#dirty.size > 0;
  }

  flush(): void {
    for (const group of this.#dirty) group.flush();
    this.#dirty.clear();
  }

  /** Events after `revision`, or undefined when it is too long ago for the ring. */
  eventsAfter(revision: Revision): CacheEvent[] | undefined {
    return revision < this.#ring.start ? undefined : this.#ring.after(revision);
  }

  /** From now on `sink` gets every event that concerns `view`; returns what ends that. */
  subscribe(view: WatchView, sink: WatchSink): () => void {
    let group = this.#groups.get(view.id);
    if (group === undefined) {
      group = new WatchGroup(view);
      this.#groups.set(view.id, group);
      const wake = this.#wakeKey(view);
      const woken = this.#wakes.get(wake);
      if (woken === undefined) this.#wakes.set(wake, new Set([group]));
      else woken.add(group);
    }
    group.flush(); // what waits there is from before this watch
    group.sinks.add(sink);
    const joined = group;
    return () => {
      joined.sinks.delete(sink);
      if (joined.sinks.size > 0 || this.#groups.get(view.id) !== joined) return;
      this.#groups.delete(view.id);
      const wake = this.#wakeKey(view);
      const woken = this.#wakes.get(wake);
      woken?.delete(joined);
      if (woken?.size === 0) this.#wakes.delete(wake);
    };
  }

  #wakeKey(view: WatchView): string {
    if (view.indexed !== undefined && this.indexed) return `field ${view.indexed}`;
    if (view.name !== undefined) return `name ${view.name}`;
    return view.namespace === '' ? '' : `namespace ${view.namespace}`;
  }

  #wake(event: CacheEvent): void {
    const object = event.current ?? event.previous;
    if (object === undefined) return;
    this.#offer('', event);
    if (object.namespace !== '') this.#offer(`namespace ${object.namespace}`, event);
    this.#offer(`name ${object.name}`, event);
    if (this.#indexedField === undefined) return;
    const now = event.current === undefined ? undefined : this.#indexedField(event.current.object);
    const before = event.previous === undefined ? undefined : this.#indexedField(event.previous.object);
    if (now !== undefined) this.#offer(`field ${now}`, event);
    if (before !== undefined && before !== now) this.#offer(`field ${before}`, event);
  }

  #offer(wake: string, event: CacheEvent): void {
    const groups = this.#wakes.get(wake);
    if (groups === undefined) return;
    for (const group of groups) if (group.offer(event)) this.#dirty.add(group);
  }

  #put(object: CachedObject): void {
    const previous = this.#order.set(object);
    this.#byKey.set(object.key, object);
    if (this.#indexedField === undefined) return;
    if (previous !== undefined) this.#unindex(previous);
    const value = this.#indexedField(object.object);
    const found = this.#byField.get(value);
    if (found === undefined) this.#byField.set(value, new Map([[object.key, object]]));
    else found.set(object.key, object);
  }

  #remove(key: string): void {
    this.#byKey.delete(key);
    const previous = this.#order.delete(key);
    if (previous !== undefined && this.#indexedField !== undefined) this.#unindex(previous);
  }

  #unindex(object: CachedObject): void {
    const value = this.fieldOf(object.object);
    const found = this.#byField.get(value);
    found?.delete(object.key);
    if (found?.size === 0) this.#byField.delete(value);
  }
}
