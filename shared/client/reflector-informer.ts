import type { DeepReadonly, KubeObject } from '../api/meta.ts';
import { keyOf, type ObjectKey } from '../machinery/object-key.ts';
import { withCause } from './cause.ts';
import type { ChangeListener, ChangeType, Indexers, Informer } from './informer.ts';
import { metadataOf, ObjectCache } from './object-cache.ts';
import type { ClientLog } from './observability.ts';
import type { ReflectorTarget } from './reflector.ts';

/**
 * The informer that a reflector fills. Starts nothing by itself. Leaves out `managedFields`, which nobody who caches needs and which can be most
 * of an object; an update without them keeps the server's. Source: kube-controller-manager's informer transform (TrimManagedFields).
 */
export class ReflectorInformer<T extends KubeObject> implements Informer<T>, ReflectorTarget<T> {
  readonly #cache: ObjectCache<T>;
  readonly #log: ClientLog;
  #listeners: readonly ChangeListener<T>[] = [];
  #synced = false;
  #resolveSynced: () => void = () => undefined;
  /** Resolves with the first sync. */
  readonly whenSynced: Promise<void> = new Promise((resolve) => {
    this.#resolveSynced = resolve;
  });

  constructor(log: ClientLog, indexers: Indexers<T> = {}) {
    this.#log = log;
    this.#cache = new ObjectCache(indexers);
  }

  get synced(): boolean {
    return this.#synced;
  }

  get(key: ObjectKey): DeepReadonly<T> | undefined {
    return this.#cache.get(key);
  }

  list(namespace?: string): DeepReadonly<T>[] {
    return this.#cache.list(namespace);
  }

  byIndex(index: string, value: string): DeepReadonly<T>[] {
    return this.#cache.byIndex(index, value);
  }

  byController(uid: string): DeepReadonly<T>[] {
    return this.#cache.byController(uid);
  }

  addIndexers(indexers: Indexers<T>): void {
    this.#cache.addIndexers(indexers);
  }

  onChange(listener: ChangeListener<T>): () => void {
    for (const object of this.#cache.list()) this.#tell([listener], object, 'added');
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  replace(objects: T[], resourceVersion: string): void {
    const gone = new Set(this.#cache.keys());
    for (const object of objects) {
      gone.delete(keyOf(object));
      this.#put(object);
    }
    for (const key of gone) {
      const object = this.#cache.delete(key);
      if (object !== undefined) this.#tell(this.#listeners, object, 'deleted', undefined, resourceVersion);
    }
    this.#synced = true;
    this.#resolveSynced();
  }

  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    if (type !== 'DELETED') this.#put(object);
    else {
      const previous = this.#cache.delete(keyOf(object));
      if (previous !== undefined) this.#tell(this.#listeners, object as DeepReadonly<T>, 'deleted', previous);
    }
  }

  #put(fresh: T): void {
    if (fresh.metadata.managedFields !== undefined) fresh.metadata.managedFields = undefined;
    const object = fresh as DeepReadonly<T>;
    const metadata = metadataOf(object);
    const key = keyOf({ metadata });
    const known = this.#cache.get(key);
    if (known !== undefined) {
      const { uid, resourceVersion } = metadataOf(known);
      if (resourceVersion === metadata.resourceVersion && uid === metadata.uid) return;
      if (uid !== metadata.uid) {
        // Deleted and made again while nobody watched: two objects, not a change of one.
        this.#cache.delete(key);
        this.#tell(this.#listeners, known, 'deleted', undefined, metadata.resourceVersion);
      }
    }
    const previous = this.#cache.set(object);
    this.#tell(this.#listeners, object, previous === undefined ? 'added' : 'updated', previous);
  }

  #tell(
    listeners: readonly ChangeListener<T>[],
    object: DeepReadonly<T>,
    type: ChangeType,
    previous?: DeepReadonly<T>,
    revision?: string,
  ): void {
    if (listeners.length === 0) return;
    const change = previous === undefined ? { type } : { type, previous };
    withCause(revisionOf(revision ?? metadataOf(object).resourceVersion), () => {
      for (const listener of listeners) {
        try {
          listener(object, change);
        } catch (error) {
          this.#log.error({ err: error, object: keyOf({ metadata: metadataOf(object) }) }, 'change listener threw');
        }
      }
    });
  }
}

function revisionOf(resourceVersion: string): number | undefined {
  const revision = Number(resourceVersion);
  return Number.isSafeInteger(revision) ? revision : undefined;
}
