import type { Clock } from '../../shared/machinery/clock.ts';
import {
  type Change,
  type ChangeStream,
  type Entry,
  type Guard,
  type KeyRange,
  type Op,
  type Provenance,
  type RangeResult,
  type Revision,
  type RevisionRecord,
  type StorageBackend,
  StorageError,
  type TxnResult,
} from './backend.ts';
import { compareKeys, inRange } from './key-encoding.ts';
import { KeyIndex } from './key-index.ts';
import { assertReadable, bytesOfChanges, DEFAULT_PROVENANCE, HISTORY_LIMIT } from './log-rules.ts';
import { type HistoryChunk, WatchHub } from './watch-hub.ts';

interface Version {
  revision: Revision;
  /** Undefined: the key was deleted. */
  entry: Entry | undefined;
}

interface LoggedRevision {
  record: RevisionRecord;
  changes: Change[];
}

/** Revisions that one step of a watch's catching up looks at. */
const CHUNK = 1000;

export interface MemoryBackendOptions {
  clock: Clock;
  clusterId: string;
}

/** A store that is gone with its process, for tests: a write is as durable as it gets once it is made. */
export class MemoryBackend implements StorageBackend {
  readonly clusterId: string;
  readonly #clock: Clock;
  readonly #index = new KeyIndex();
  readonly #versions = new Map<string, Version[]>();
  /** The revisions after `#compacted`, without a hole. */
  #log: LoggedRevision[] = [];
  #revision: Revision = 0;
  #compacted: Revision = 0;
  #at = 0;
  #totalBytes = 0;
  #closed = false;
  readonly #hub = new WatchHub({
    revision: () => this.#revision,
    readHistory: async (range, after) => this.#readHistory(range, after),
  });

  constructor(options: MemoryBackendOptions) {
    this.clusterId = options.clusterId;
    this.#clock = options.clock;
  }

  revision(): Revision {
    return this.#revision;
  }

  compactedRevision(): Revision {
    return this.#compacted;
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#assertOpen();
    return this.#newest(key);
  }

  async version(key: string, modRevision: Revision): Promise<Entry | undefined> {
    this.#assertOpen();
    return this.#versions.get(key)?.find(({ revision }) => revision === modRevision)?.entry;
  }

  async range(range: KeyRange, options: { at?: Revision; limit?: number } = {}): Promise<RangeResult> {
    this.#assertOpen();
    const { at = this.#revision, limit = Number.POSITIVE_INFINITY } = options;
    assertReadable(at, this.#compacted, this.#revision);
    const entries: Entry[] = [];
    const keys =
      range.end === undefined ? [range.start] : [...this.#versions.keys()].filter((key) => inRange(range, key)).sort(compareKeys);
    for (const key of keys) {
      const entry = this.#versions.get(key)?.findLast(({ revision }) => revision <= at)?.entry;
      if (entry === undefined) continue;
      if (entries.length >= limit) return { revision: this.#revision, entries, more: true };
      entries.push(entry);
    }
    return { revision: this.#revision, entries, more: false };
  }

  async txn(guards: readonly Guard[], ops: readonly Op[], options?: { provenance?: Provenance }): Promise<TxnResult> {
    this.#assertOpen();
    if (!this.#index.holds(guards)) {
      return { succeeded: false, revision: this.#revision, current: guards.map(({ key }) => this.#newest(key)) };
    }
    const revision = this.#revision + 1;
    const changes = this.#index.apply(ops, revision);
    if (changes.length === 0) return { succeeded: true, revision: this.#revision, current: [] };
    this.#index.settle(revision);
    this.#commit(revision, changes, options?.provenance ?? DEFAULT_PROVENANCE);
    this.#hub.publish([{ revision, changes }]);
    return { succeeded: true, revision, current: [] };
  }

  watch(range: KeyRange, after: Revision, signal: AbortSignal): ChangeStream {
    return this.#hub.watch(range, after, signal);
  }

  async history(after: Revision, options: { limit?: number } = {}): Promise<RevisionRecord[]> {
    this.#assertOpen();
    assertReadable(after, this.#compacted, this.#revision);
    const from = after - this.#compacted;
    return this.#log.slice(from, from + (options.limit ?? HISTORY_LIMIT)).map(({ record }) => record);
  }

  async compact(before: Revision): Promise<void> {
    this.#assertOpen();
    if (before > this.#revision) assertReadable(before, this.#compacted, this.#revision);
    if (before <= this.#compacted) return;
    this.#log = this.#log.slice(before - this.#compacted);
    this.#compacted = before;
    for (const [key, versions] of this.#versions) {
      const visible = versions.findLastIndex(({ revision }) => revision <= before);
      if (visible < 0) continue;
      const kept = versions.slice(versions[visible]?.entry === undefined ? visible + 1 : visible);
      if (kept.length === 0) this.#versions.delete(key);
      else this.#versions.set(key, kept);
    }
  }

  leasedKeys(leaseId: string): string[] {
    return this.#index.leasedKeys(leaseId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#hub.close();
  }

  #commit(revision: Revision, changes: Change[], provenance: Provenance): void {
    this.#revision = revision;
    this.#at = Math.max(this.#at, Math.floor(this.#clock.now()));
    this.#totalBytes += bytesOfChanges(changes);
    const logged = changes.map((change) => ({ key: change.type === 'put' ? change.entry.key : change.key, type: change.type }));
    this.#log.push({ record: { revision, at: this.#at, totalBytes: this.#totalBytes, ...provenance, changes: logged }, changes });
    for (const change of changes) {
      const key = change.type === 'put' ? change.entry.key : change.key;
      const version = { revision, entry: change.type === 'put' ? change.entry : undefined };
      const versions = this.#versions.get(key);
      if (versions === undefined) this.#versions.set(key, [version]);
      else versions.push(version);
    }
  }

  #newest(key: string): Entry | undefined {
    return this.#versions.get(key)?.at(-1)?.entry;
  }

  #readHistory(range: KeyRange, after: Revision): HistoryChunk {
    this.#assertOpen();
    assertReadable(after, this.#compacted, this.#revision);
    const from = after - this.#compacted;
    const batches = [];
    for (const { record, changes } of this.#log.slice(from, from + CHUNK)) {
      const inside = changes.filter((change) => inRange(range, change.type === 'put' ? change.entry.key : change.key));
      if (inside.length > 0) batches.push({ revision: record.revision, changes: inside });
    }
    return { batches, through: Math.min(after + CHUNK, this.#revision) };
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError('CLOSED', 'the store is closed');
  }
}
