import type { DeepReadonly, KubeObject } from '../api/meta.ts';
import type { ObjectKey } from '../machinery/object-key.ts';

export type ChangeType = 'added' | 'updated' | 'deleted';

/** Called in the order of revisions, after the cache holds the change. Must not throw or block; put a key on a queue. */
export type ChangeListener<T> = (object: DeepReadonly<T>, change: { type: ChangeType; previous?: DeepReadonly<T> }) => void;

/**
 * A cache of one resource that follows the API server (list, watch, resume, relist on 410 with back-off), with indexes and listeners.
 * Guarantees: eventually equal to the server; listeners see each object's last state; a relist turns into added/updated/deleted.
 * Does not promise every intermediate state, nor that a write of your own is already in here.
 */
export interface Informer<T extends KubeObject> {
  get(key: ObjectKey): DeepReadonly<T> | undefined;
  /** In no particular order. With `namespace`, only the objects in it (indexed). */
  list(namespace?: string): DeepReadonly<T>[];
  /** Objects for which the index function named at creation gave `value`. */
  byIndex(index: string, value: string): DeepReadonly<T>[];
  /** Objects whose owner reference with `controller: true` has this uid (always indexed). */
  byController(uid: string): DeepReadonly<T>[];
  /** Added listeners first get `added` for all that is cached. Returns what removes the listener. */
  onChange(listener: ChangeListener<T>): () => void;
  /** The first list is in the cache and was given to the listeners. */
  readonly synced: boolean;
}

/** Index name → the values under which an object is found. */
export type Indexers<T> = Record<string, (object: DeepReadonly<T>) => readonly string[]>;
