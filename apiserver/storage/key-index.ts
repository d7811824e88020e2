import type { Change, Guard, Op, Revision, VersionRef } from './backend.ts';
import { assertKey } from './key-encoding.ts';

interface Slot extends VersionRef {
  key: string;
  deleted: boolean;
  leaseId: string | undefined;
  /** What the slot replaced, kept until this one is durable. */
  older: Slot | undefined;
}

/**
 * Every live key's revisions and lease, in memory and without values: guards are decided here, at once. Writes are applied
 * before they are durable and then settled; `at` looks behind those that are not.
 */
export class KeyIndex {
  readonly #slots = new Map<string, Slot>();
  /** Oldest first. */
  #unsettled: Slot[] = [];
  readonly #leases = new Map<string, Set<string>>();
  #live = 0;

  /** Keys that exist, counting what is not settled. */
  get live(): number {
    return this.#live;
  }

  /** Adds a key that was found in the store at start. */
  load(key: string, version: VersionRef, leaseId: string | undefined): void {
    const { createRevision, modRevision } = version;
    this.#slots.set(key, { key, createRevision, modRevision, deleted: false, leaseId, older: undefined });
    if (leaseId !== undefined) this.#attach(key, leaseId);
    this.#live++;
  }

  holds(guards: readonly Guard[]): boolean {
    for (const { key, modRevision } of guards) {
      const slot = this.#slots.get(key);
      if ((slot === undefined || slot.deleted ? 0 : slot.modRevision) !== modRevision) return false;
    }
    return true;
  }

  /** Throws RangeError for a key that cannot be stored, before anything is changed. Empty when the ops change nothing. */
  apply(ops: readonly Op[], revision: Revision): Change[] {
    for (const op of ops) assertKey('put' in op ? op.put : op.delete);
    const changes: Change[] = [];
    for (const op of ops.length > 1 ? lastPerKey(ops) : ops) {
      const change = 'put' in op ? this.#put(op, revision) : this.#delete(op.delete, revision);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  /** Tells that all up to `revision` is durable. */
  settle(revision: Revision): void {
    let settled = 0;
    for (const slot of this.#unsettled) {
      if (slot.modRevision > revision) break;
      slot.older = undefined;
      if (slot.deleted && this.#slots.get(slot.key) === slot) this.#slots.delete(slot.key);
      settled++;
    }
    if (settled === this.#unsettled.length) this.#unsettled = [];
    else this.#unsettled.splice(0, settled);
  }

  /** The version that existed at `revision`, which must be the newest settled revision or a later one. */
  at(key: string, revision: Revision): VersionRef | undefined {
    let slot = this.#slots.get(key);
    while (slot !== undefined && slot.modRevision > revision) slot = slot.older;
    return slot === undefined || slot.deleted ? undefined : slot;
  }

  leaseOf(key: string): string | undefined {
    return this.#slots.get(key)?.leaseId;
  }

  leasedKeys(leaseId: string): string[] {
    return [...(this.#leases.get(leaseId) ?? [])];
  }

  #put(op: { put: string; value: Uint8Array; leaseId?: string }, revision: Revision): Change {
    const { put: key, value, leaseId } = op;
    const old = this.#slots.get(key);
    const previous = old === undefined || old.deleted ? undefined : old;
    const createRevision = previous?.createRevision ?? revision;
    this.#replace({ key, createRevision, modRevision: revision, deleted: false, leaseId, older: old });
    if (previous === undefined) this.#live++;
    const entry = { key, value, createRevision, modRevision: revision };
    return previous === undefined ? { type: 'put', entry } : { type: 'put', entry, previous: refOf(previous) };
  }

  #delete(key: string, revision: Revision): Change | undefined {
    const old = this.#slots.get(key);
    if (old === undefined || old.deleted) return undefined;
    this.#replace({ key, createRevision: 0, modRevision: revision, deleted: true, leaseId: undefined, older: old });
    this.#live--;
    return { type: 'delete', key, previous: refOf(old) };
  }

  #replace(slot: Slot): void {
    const { key, leaseId, older } = slot;
    if (older?.leaseId !== leaseId) {
      if (older?.leaseId !== undefined) this.#detach(key, older.leaseId);
      if (leaseId !== undefined) this.#attach(key, leaseId);
    }
    this.#slots.set(key, slot);
    this.#unsettled.push(slot);
  }

  #attach(key: string, leaseId: string): void {
    const keys = this.#leases.get(leaseId);
    if (keys === undefined) this.#leases.set(leaseId, new Set([key]));
    else keys.add(key);
  }

  #detach(key: string, leaseId: string): void {
    const keys = this.#leases.get(leaseId);
    keys?.delete(key);
    if (keys?.size === 0) this.#leases.delete(leaseId);
  }
}

function refOf({ createRevision, modRevision }: VersionRef): VersionRef {
  return { createRevision, modRevision };
}

/** A revision has one version of a key: the last. */
function lastPerKey(ops: readonly Op[]): Iterable<Op> {
  const last = new Map<string, Op>();
  for (const op of ops) last.set('put' in op ? op.put : op.delete, op);
  return last.size === ops.length ? ops : last.values();
}
