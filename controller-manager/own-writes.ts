import type { KubeObject } from '../shared/api/meta.ts';
import type { Informer } from '../shared/client/informer.ts';
import type { Clock } from '../shared/machinery/clock.ts';
import { keyOf, type ObjectKey } from '../shared/machinery/object-key.ts';

/** How long a write is awaited: an object made and removed by somebody else before the answer came never shows up, ms. */
export const AWAITED_MS = 30_000;

interface Awaited {
  uid: string;
  version: number;
  sinceMs: number;
}

/**
 * Knows whether an informer has caught up with what a controller wrote for an owner: a plan made before that would repeat the writes.
 * Make it before the controller's own listeners. Assumes that resource versions are numbers that grow.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #informer: Informer<T>;
  /** Owner → object → the version that the cache has to reach; infinite: it has to be gone. */
  readonly #awaited = new Map<ObjectKey, Map<ObjectKey, Awaited>>();
  readonly #owners = new Map<ObjectKey, ObjectKey>();

  readonly #clock: Clock;

  constructor(informer: Informer<T>, clock: Clock) {
    this.#informer = informer;
    this.#clock = clock;
    informer.onChange((object, { type }) => {
      const key = keyOf(object);
      const owner = this.#owners.get(key);
      const awaited = owner === undefined ? undefined : this.#awaited.get(owner)?.get(key);
      if (owner === undefined || awaited === undefined) return;
      if (type === 'deleted' || object.metadata.uid !== awaited.uid || Number(object.metadata.resourceVersion) >= awaited.version)
        this.#settle(owner, key);
    });
  }

  settled(owner: ObjectKey): boolean {
    const awaited = this.#awaited.get(owner);
    if (awaited === undefined) return true;
    const now = this.#clock.monotonic();
    if ([...awaited.values()].some(({ sinceMs }) => now - sinceMs < AWAITED_MS)) return false;
    this.forget(owner);
    return true;
  }

  /** A create or update was answered with `object`. */
  wrote(owner: ObjectKey, object: T): void {
    const cached = this.#informer.get(keyOf(object));
    const version = Number(object.metadata.resourceVersion);
    if (cached === undefined || Number(cached.metadata.resourceVersion) < version)
      this.#await(owner, keyOf(object), object.metadata.uid, version);
  }

  removed(owner: ObjectKey, key: ObjectKey): void {
    const cached = this.#informer.get(key);
    if (cached !== undefined) this.#await(owner, key, cached.metadata.uid, Number.POSITIVE_INFINITY);
  }

  forget(owner: ObjectKey): void {
    for (const key of this.#awaited.get(owner)?.keys() ?? []) this.#owners.delete(key);
    this.#awaited.delete(owner);
  }

  #await(owner: ObjectKey, key: ObjectKey, uid: string, version: number): void {
    const ofOwner = this.#awaited.get(owner) ?? new Map<ObjectKey, Awaited>();
    ofOwner.set(key, { uid, version, sinceMs: this.#clock.monotonic() });
    this.#awaited.set(owner, ofOwner);
    this.#owners.set(key, owner);
  }

  #settle(owner: ObjectKey, key: ObjectKey): void {
    this.#owners.delete(key);
    const ofOwner = this.#awaited.get(owner);
    ofOwner?.delete(key);
    if (ofOwner?.size === 0) this.#awaited.delete(owner);
  }
}
