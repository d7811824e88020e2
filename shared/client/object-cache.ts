import { controllerOf, type DeepReadonly, type KubeObject } from '../api/meta.ts';
import { keyOf, type ObjectKey } from '../machinery/object-key.ts';
import type { Indexers } from './informer.ts';

type Cached<T> = DeepReadonly<T>;
type IndexFunction<T> = (object: Cached<T>) => readonly string[];
interface Index<T> {
  of: IndexFunction<T>;
  groups: Map<string, Map<ObjectKey, Cached<T>>>;
}

/** Names of the indexes that every cache has; the colon keeps them apart from those of callers. */
const NAMESPACE = ':namespace';
const CONTROLLER = ':controller';
const NOTHING: readonly string[] = [];

/** Objects of one resource by key and by any number of indexes. Reads cost the size of their answer; objects are shared, never copied. */
export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<ObjectKey, Cached<T>>();
  readonly #indexes = new Map<string, Index<T>>();

  constructor(indexers: Indexers<T> = {}) {
    this.#addIndex(NAMESPACE, (object) => {
      const { namespace } = metadataOf(object);
      return namespace === undefined ? NOTHING : [namespace];
    });
    this.#addIndex(CONTROLLER, (object) => {
      const owner = controllerOf({ metadata: metadataOf(object) });
      return owner === undefined ? NOTHING : [owner.uid];
    });
    this.addIndexers(indexers);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): Cached<T> | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<ObjectKey> {
    return this.#objects.keys();
  }

  list(namespace?: string): Cached<T>[] {
    return namespace === undefined || namespace === '' ? [...this.#objects.values()] : this.#group(NAMESPACE, namespace);
  }

  byIndex(index: string, value: string): Cached<T>[] {
    return this.#group(index, value);
  }

  byController(uid: string): Cached<T>[] {
    return this.#group(CONTROLLER, uid);
  }

  /** Indexes all cached objects under the new names; a known name keeps its function. */
  addIndexers(indexers: Indexers<T>): void {
    for (const [name, of] of Object.entries(indexers)) this.#addIndex(name, of);
  }

  /** Returns the object that was there before. */
  set(object: Cached<T>): Cached<T> | undefined {
    const key = keyOf({ metadata: metadataOf(object) });
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (previous !== undefined) remove(index, key, previous);
      insert(index, key, object);
    }
    return previous;
  }

  delete(key: ObjectKey): Cached<T> | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) remove(index, key, previous);
    return previous;
  }

  #addIndex(name: string, of: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { of, groups: new Map() };
    for (const [key, object] of this.#objects) insert(index, key, object);
    this.#indexes.set(name, index);
  }

  #group(name: string, value: string): Cached<T>[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`index ${JSON.stringify(name)} was not asked for when the informer was made`);
    const group = index.groups.get(value);
    return group === undefined ? [] : [...group.values()];
  }
}

function insert<T>({ of, groups }: Index<T>, key: ObjectKey, object: Cached<T>): void {
  for (const value of of(object)) {
    const group = groups.get(value);
    if (group === undefined) groups.set(value, new Map([[key, object]]));
    else group.set(key, object);
  }
}

function remove<T>({ of, groups }: Index<T>, key: ObjectKey, object: Cached<T>): void {
  for (const value of of(object)) {
    const group = groups.get(value);
    group?.delete(key);
    if (group?.size === 0) groups.delete(value);
  }
}

/** The compiler cannot see through `DeepReadonly` of a type parameter. */
export function metadataOf<T extends KubeObject>(object: DeepReadonly<T>): DeepReadonly<KubeObject>['metadata'] {
  return (object as DeepReadonly<KubeObject>).metadata;
}
