import type { Clock } from '../../shared/machinery/clock.ts';
import {
  type Change,
  type ChangeBatch,
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
import { indexKey, recordKey, tombstoneKey, versionKey } from './key-encoding.ts';
import type { KeyIndex } from './key-index.ts';
import { compactHistory } from './level-compaction.ts';
import { markDurable, openDirectory } from './level-directory.ts';
import { type LoadedStore, loadStore } from './level-load.ts';
import { type Database, readAt, readChanges, readNewest, readRecords, type Snapshot, toEntry } from './level-reader.ts';
import { assertReadable, bytesOfChanges, DEFAULT_PROVENANCE, HISTORY_LIMIT } from './log-rules.ts';
import { ByteWriter, encodeIndexEntry, encodeRecord, encodeValue, toRevisionRecord } from './record-codec.ts';
import { type HistoryChunk, WatchHub } from './watch-hub.ts';

export interface LevelBackendOptions {
  /** A directory of the store's own; made if it is not there. */
  directory: string;
  clock: Clock;
  /** Draws the cluster id of a store that is made new. */
  newId: () => string;
}

/** Transactions that become durable together, in one synced write. */
interface Group {
  batch: ReturnType<Database['batch']>;
  changes: ChangeBatch[];
  waiters: Waiter[];
}

interface Waiter {
  /** Undefined: a guard failed. */
  succeededAt: Revision | undefined;
  guards: readonly Guard[];
  resolve(result: TxnResult): void;
  reject(error: StorageError): void;
}

/**
 * The embedded store: LevelDB with every live key's revisions in memory, values on disk only. A transaction is decided and
 * applied in memory at once, joins the group that is being collected, and is answered when that group has been synced; one
 * group is written at a time. When a write fails, all that is not durable fails with it and the store must be opened again.
 */
export class LevelBackend implements StorageBackend {
  readonly clusterId: string;
  readonly #db: Database;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #index: KeyIndex;
  readonly #writer = new ByteWriter();
  /** The newest revision given out. */
  #newest: Revision;
  #durable: Revision;
  #compacted: Revision;
  #at: number;
  #totalBytes: number;
  /** Being collected; it is written once `#writing` is done. */
  #group: Group | undefined;
  #writing: Group | undefined;
  /** Run when no write is under way, so that the database holds exactly what is durable. */
  #onQuiet: (() => void)[] = [];
  #failure: StorageError | undefined;
  #closing: Promise<void> | undefined;
  #compaction: Promise<void> = Promise.resolve();
  readonly #hub = new WatchHub({
    revision: () => this.#durable,
    readHistory: (range, after) => this.#readHistory(range, after),
  });

  private constructor(db: Database, store: LoadedStore, { directory, clock }: LevelBackendOptions) {
    this.#db = db;
    this.#directory = directory;
    this.#clock = clock;
    this.#index = store.index;
    this.clusterId = store.clusterId;
    this.#newest = store.revision;
    this.#durable = store.revision;
    this.#compacted = store.compacted;
    this.#at = store.at;
    this.#totalBytes = store.totalBytes;
  }

  /** Throws StorageError 'LOCKED', 'FOREIGN', 'CORRUPT' or 'IO' with a sentence for the user. */
  static async open(options: LevelBackendOptions): Promise<LevelBackend> {
    const { directory, newId } = options;
    const opened = await openDirectory(directory);
    try {
      const store = await loadStore(opened, { directory, newId });
      await markDurable(directory, store.revision);
      return new LevelBackend(opened.db, store, options);
    } catch (error) {
      await opened.db.close();
      throw error;
    }
  }

  revision(): Revision {
    return this.#durable;
  }

  compactedRevision(): Revision {
    return this.#compacted;
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#assertUsable();
    return this.#newestDurable(key);
  }

  async version(key: string, modRevision: Revision): Promise<Entry | undefined> {
    this.#assertUsable();
    if (modRevision > this.#durable) return undefined;
    const stored = this.#read(versionKey(key, modRevision));
    return stored === undefined ? undefined : toEntry(key, modRevision, stored);
  }

  async range(range: KeyRange, options: { at?: Revision; limit?: number } = {}): Promise<RangeResult> {
    const { limit = Number.POSITIVE_INFINITY } = options;
    return this.#withSnapshot(async (snapshot, revision) => {
      const { at = revision } = options;
      assertReadable(at, this.#compacted, revision);
      const found = at === revision ? readNewest(this.#db, snapshot, range, limit) : readAt(this.#db, snapshot, { range, at, limit });
      return { revision, ...(await found) };
    });
  }

  txn(guards: readonly Guard[], ops: readonly Op[], options?: { provenance?: Provenance }): Promise<TxnResult> {
    return new Promise((resolve, reject) => {
      this.#assertUsable(); // a throw rejects
      if (!this.#index.holds(guards)) return this.#answerLater({ succeededAt: undefined, guards, resolve, reject });
      const revision = this.#newest + 1;
      const changes = this.#index.apply(ops, revision);
      if (changes.length === 0) return this.#answerLater({ succeededAt: this.#newest, guards, resolve, reject });
      this.#newest = revision;
      const group = this.#collecting();
      this.#write(group, revision, { changes, provenance: options?.provenance ?? DEFAULT_PROVENANCE });
      group.waiters.push({ succeededAt: revision, guards, resolve, reject });
    });
  }

  watch(range: KeyRange, after: Revision, signal: AbortSignal): ChangeStream {
    return this.#hub.watch(range, after, signal);
  }

  async history(after: Revision, options: { limit?: number } = {}): Promise<RevisionRecord[]> {
    const { limit = HISTORY_LIMIT } = options;
    return this.#withSnapshot(async (snapshot, revision) => {
      assertReadable(after, this.#compacted, revision);
      const records = await readRecords(this.#db, snapshot, { after, upTo: revision, limit });
      return records.map(toRevisionRecord);
    });
  }

  async compact(before: Revision): Promise<void> {
    this.#assertUsable();
    if (before > this.#durable) assertReadable(before, this.#compacted, this.#durable);
    if (before <= this.#compacted) return this.#compaction;
    this.#compacted = before;
    this.#compaction = this.#compaction.catch(() => undefined).then(() => this.#compact(before));
    return this.#compaction;
  }

  leasedKeys(leaseId: string): string[] {
    return this.#index.leasedKeys(leaseId);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#hub.close();
    await this.#compaction.catch(() => undefined); // whoever asked for it was told
    while (this.#failure === undefined && (this.#group !== undefined || this.#writing !== undefined)) {
      await this.#quietAgain();
    }
    try {
      if (this.#failure === undefined) await markDurable(this.#directory, this.#durable);
    } finally {
      await this.#db.close();
    }
  }

  async #compact(before: Revision): Promise<void> {
    try {
      const isStopped = (): boolean => this.#closing !== undefined;
      await compactHistory(this.#db, { before, isStopped, write: (batch, options) => this.#writeAlone(batch, options) });
    } catch (error) {
      throw this.#failure ?? this.#readError(error);
    }
  }

  /** Writes a batch that makes no revision, between two groups. */
  async #writeAlone(batch: Group['batch'], options: { sync: boolean }): Promise<void> {
    while (this.#writing !== undefined) await this.#quietAgain();
    if (this.#failure !== undefined) throw this.#failure;
    const group = { batch, changes: [], waiters: [] };
    this.#writing = group;
    try {
      await batch.write(options);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#written(group);
  }

  #collecting(): Group {
    if (this.#group !== undefined) return this.#group;
    this.#group = { batch: this.#db.batch(), changes: [], waiters: [] };
    if (this.#writing === undefined) setImmediate(() => this.#flush()); // all requests of this turn of the event loop join in
    return this.#group;
  }

  /** Puts one transaction into the group's batch, which copies the bytes. */
  #write(group: Group, revision: Revision, txn: { changes: Change[]; provenance: Provenance }): void {
    const { changes, provenance } = txn;
    const { batch } = group;
    const writer = this.#writer;
    for (const change of changes) {
      if (change.type === 'delete') {
        batch.put(tombstoneKey(change.key, revision), NOTHING).del(indexKey(change.key));
        continue;
      }
      const { key, value, createRevision } = change.entry;
      const leaseId = this.#index.leaseOf(key);
      batch.put(versionKey(key, revision), encodeValue(writer, createRevision, value));
      batch.put(indexKey(key), encodeIndexEntry(writer, key, { createRevision, modRevision: revision, leaseId }));
    }
    this.#at = Math.max(this.#at, Math.floor(this.#clock.now()));
    this.#totalBytes += bytesOfChanges(changes);
    const { actor, cause } = provenance;
    const record = {
      revision,
      at: this.#at,
      totalBytes: this.#totalBytes,
      liveKeys: this.#index.live,
      actor,
      ...(cause === undefined ? {} : { cause }),
    };
    batch.put(recordKey(revision), encodeRecord(writer, record, changes));
    group.changes.push({ revision, changes });
  }

  #flush(): void {
    const group = this.#group;
    if (group === undefined || this.#writing !== undefined) return;
    this.#group = undefined;
    this.#writing = group;
    group.batch.write({ sync: true }).then(
      () => this.#written(group),
      (error: unknown) => this.#fail(error),
    );
  }

  #written(group: Group): void {
    if (this.#writing !== group) return; // the store failed meanwhile
    this.#writing = undefined;
    this.#durable = group.changes.at(-1)?.revision ?? this.#durable;
    this.#index.settle(this.#durable);
    this.#hub.publish(group.changes);
    for (const waiter of group.waiters) this.#answer(waiter);
    this.#quiet();
    if (this.#group !== undefined) setImmediate(() => this.#flush());
  }

  /** After any failed write, LevelDB may put later ones where it cannot find them again: none must be answered. */
  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    const message = `write after revision ${this.#durable}: ${messageOf(cause)}; the store takes nothing more until it is opened again`;
    const failure = new StorageError('IO', message, { cause });
    this.#failure = failure;
    const waiters = [...(this.#writing?.waiters ?? []), ...(this.#group?.waiters ?? [])];
    void this.#group?.batch.close();
    this.#writing = undefined;
    this.#group = undefined;
    for (const { reject } of waiters) reject(failure);
    this.#hub.close(failure);
    this.#quiet();
  }

  #quietAgain(): Promise<void> {
    return new Promise((resolve) => {
      this.#onQuiet.push(resolve);
    });
  }

  #quiet(): void {
    const waiting = this.#onQuiet;
    this.#onQuiet = [];
    for (const proceed of waiting) proceed();
  }

  /** Answers once all that the outcome depended on is durable. */
  #answerLater(waiter: Waiter): void {
    const group = this.#group ?? this.#writing;
    if (group === undefined) this.#answer(waiter);
    else group.waiters.push(waiter);
  }

  #answer({ succeededAt, guards, resolve, reject }: Waiter): void {
    if (succeededAt !== undefined) {
      resolve({ succeeded: true, revision: succeededAt, current: [] });
      return;
    }
    try {
      resolve({ succeeded: false, revision: this.#durable, current: guards.map(({ key }) => this.#newestDurable(key)) });
    } catch (error) {
      reject(this.#readError(error));
    }
  }

  #newestDurable(key: string): Entry | undefined {
    const version = this.#index.at(key, this.#durable);
    return version === undefined ? undefined : toEntry(key, version.modRevision, this.#read(versionKey(key, version.modRevision)));
  }

  #read(stored: string): Buffer | undefined {
    try {
      return this.#db.getSync(stored);
    } catch (error) {
      throw this.#readError(error);
    }
  }

  #readHistory(range: KeyRange, after: Revision): Promise<HistoryChunk> {
    return this.#withSnapshot(async (snapshot, upTo) => {
      assertReadable(after, this.#compacted, upTo);
      return readChanges(this.#db, snapshot, { range, after, upTo });
    });
  }

  /** `read` gets the database as of exactly the newest durable revision. */
  async #withSnapshot<T>(read: (snapshot: Snapshot, revision: Revision) => Promise<T>): Promise<T> {
    this.#assertUsable();
    while (this.#writing !== undefined) {
      await this.#quietAgain();
      this.#assertUsable();
    }
    const snapshot = this.#db.snapshot();
    try {
      return await read(snapshot, this.#durable);
    } catch (error) {
      throw this.#readError(error);
    } finally {
      await snapshot.close();
    }
  }

  #readError(error: unknown): StorageError {
    if (error instanceof StorageError) return error;
    if (this.#closing !== undefined) return new StorageError('CLOSED', 'the store is closed', { cause: error });
    const code = error instanceof Error && 'code' in error && error.code === 'LEVEL_CORRUPTION' ? 'CORRUPT' : 'IO';
    return new StorageError(code, `read: ${messageOf(error)}`, { cause: error });
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing !== undefined) throw new StorageError('CLOSED', 'the store is closed');
  }
}

const NOTHING = Buffer.alloc(0);

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
