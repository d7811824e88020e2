import type { Pod } from '../api/generated/core-v1.ts';
import { controllerOf, type DeepPartial, type DeepReadonly, type KubeObject } from '../api/meta.ts';
import type { ApiClient } from '../client/api-client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Informer } from '../client/informer.ts';
import { isNamespaceTerminating, isNotFound } from '../machinery/api-error.ts';
import type { Clock } from '../machinery/clock.ts';
import { keyOf, type ObjectKey } from '../machinery/object-key.ts';

/**
 * Creates and removes the pods of controllers and knows when the informer has caught up with it. `key` is the owner that is reconciled.
 * A failed write is no longer expected; an expectation is given up after 5 min. Source: pkg/controller UIDTrackingControllerExpectations.
 */
export interface PodWriter {
  /** All writes for `key` are in the cache; until then a plan made from the cache would repeat them. */
  settled(key: ObjectKey): boolean;
  /** The pod's controller reference says whom the events `SuccessfulCreate` and `FailedCreate` are about. */
  create(key: ObjectKey, pod: DeepPartial<Pod>, signal: AbortSignal): Promise<Pod>;
  /** A pod that is gone already is a success. */
  remove(key: ObjectKey, pod: DeepReadonly<Pod>, signal: AbortSignal): Promise<void>;
  /** Forgets an owner that was deleted. */
  forget(key: ObjectKey): void;
}

export interface PodWriterDeps {
  client: ApiClient;
  /** Make the writer before the controller's own listeners: it must have seen a change when they act on it. */
  pods: Informer<Pod>;
  clock: Clock;
  recorder?: EventRecorder;
}

interface Expected {
  /** Writes on their way. */
  inFlight: number;
  /** uid → key of pods that were created but are not in the cache. */
  creates: Map<string, ObjectKey>;
  /** uid → key of pods that were deleted but are in the cache as if not. */
  deletes: Map<string, ObjectKey>;
  sinceMs: number;
}

/** Source: pkg/controller ExpectationsTimeout (5 min). */
const EXPECTATION_MS = 5 * 60_000;

export function createPodWriter(deps: PodWriterDeps): PodWriter {
  return new ExpectingPodWriter(deps);
}

class ExpectingPodWriter implements PodWriter {
  readonly #deps: PodWriterDeps;
  readonly #expected = new Map<ObjectKey, Expected>();
  /** uid → owner, of all that is expected. */
  readonly #owners = new Map<string, ObjectKey>();
  /** uids that came by while creates were on their way: the cache is often quicker than the answer. */
  readonly #seenEarly = new Set<string>();
  #creating = 0;

  constructor(deps: PodWriterDeps) {
    this.#deps = deps;
    deps.pods.onChange((pod, { type }) => this.#observe(pod, type === 'deleted'));
  }

  settled(key: ObjectKey): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    if (expected.inFlight > 0) return false;
    const open = expected.creates.size + expected.deletes.size > 0;
    if (open && this.#deps.clock.monotonic() - expected.sinceMs < EXPECTATION_MS) return false;
    this.forget(key);
    return true;
  }

  async create(key: ObjectKey, pod: DeepPartial<Pod>, signal: AbortSignal): Promise<Pod> {
    const { client, clock } = this.#deps;
    const expected = this.#expect(key);
    expected.inFlight++;
    this.#creating++;
    try {
      const created = await client.create('pods', pod, signal);
      const { uid } = created.metadata;
      if (!this.#seenEarly.has(uid)) {
        expected.creates.set(uid, keyOf(created));
        expected.sinceMs = clock.monotonic();
        this.#owners.set(uid, key);
      }
      this.#record(pod.metadata, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
      return created;
    } catch (error) {
      if (!isNamespaceTerminating(error)) this.#record(pod.metadata, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    } finally {
      expected.inFlight--;
      this.#creating--;
      if (this.#creating === 0) this.#seenEarly.clear();
    }
  }

  async remove(key: ObjectKey, pod: DeepReadonly<Pod>, signal: AbortSignal): Promise<void> {
    const { client, pods, clock } = this.#deps;
    const { uid, name } = pod.metadata;
    const podKey = keyOf(pod);
    const expected = this.#expect(key);
    expected.inFlight++;
    try {
      await client.delete('pods', podKey, { preconditions: { uid } }, signal);
      const cached = pods.get(podKey);
      if (cached?.metadata.uid === uid && cached.metadata.deletionTimestamp === undefined) {
        expected.deletes.set(uid, podKey);
        expected.sinceMs = clock.monotonic();
        this.#owners.set(uid, key);
      }
      this.#record(pod.metadata, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (isNotFound(error)) return;
      this.#record(pod.metadata, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw error;
    } finally {
      expected.inFlight--;
    }
  }

  forget(key: ObjectKey): void {
    const expected = this.#expected.get(key);
    if (expected === undefined) return;
    for (const uid of [...expected.creates.keys(), ...expected.deletes.keys()]) this.#owners.delete(uid);
    this.#expected.delete(key);
  }

  #expect(key: ObjectKey): Expected {
    let expected = this.#expected.get(key);
    if (expected === undefined) {
      expected = { inFlight: 0, creates: new Map(), deletes: new Map(), sinceMs: this.#deps.clock.monotonic() };
      this.#expected.set(key, expected);
    }
    return expected;
  }

  #observe({ metadata }: DeepReadonly<Pod>, deleted: boolean): void {
    const { uid, deletionTimestamp } = metadata;
    if (this.#creating > 0) this.#seenEarly.add(uid);
    const owner = this.#owners.get(uid);
    if (owner === undefined) return;
    const expected = this.#expected.get(owner);
    expected?.creates.delete(uid);
    if (deleted || deletionTimestamp !== undefined) expected?.deletes.delete(uid);
    if (expected?.creates.has(uid) !== true && expected?.deletes.has(uid) !== true) this.#owners.delete(uid);
  }

  #record(metadata: DeepPartial<Pod['metadata']> | undefined, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { recorder } = this.#deps;
    if (recorder === undefined || metadata === undefined) return;
    const owner = controllerOf({ metadata: metadata as DeepReadonly<Pod['metadata']> });
    if (owner === undefined) return;
    const { apiVersion, kind, name, uid } = owner;
    const object: KubeObject = {
      apiVersion,
      kind,
      metadata: { name, uid, namespace: metadata.namespace, resourceVersion: '', creationTimestamp: '' },
    };
    recorder.event(object, type, reason, message);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
