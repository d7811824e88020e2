/** Position in the store's one order of writes; 0 is an empty store. Safe integer: 2^53 lasts 28 000 years at 10 000/s. */
export type Revision = number;

/** One key's value as of `modRevision`. The bytes belong to the store: nobody may change them. */
export interface Entry {
  key: string;
  value: Uint8Array;
  createRevision: Revision;
  modRevision: Revision;
}

/** Keys in [start, end) in byte order of their UTF-8 form; without `end`, the one key `start`. */
export interface KeyRange {
  start: string;
  end?: string;
}

/** Holds while the key's newest version is this one; 0: the key must not exist. */
export interface Guard {
  key: string;
  modRevision: Revision;
}

/** Deleting a key that does not exist changes nothing. A put without `leaseId` detaches the key from its lease. */
export type Op = { put: string; value: Uint8Array; leaseId?: string } | { delete: string };

/** `current` holds the newest entry of each guard's key, in the guards' order, when a guard failed; else it is empty.
 *  `revision` is the one that the ops got (the store's newest, if they changed nothing or a guard failed). */
export interface TxnResult {
  succeeded: boolean;
  revision: Revision;
  current: (Entry | undefined)[];
}

/** A version without its value; `StorageBackend.version` reads that while the version is not compacted. */
export interface VersionRef {
  createRevision: Revision;
  modRevision: Revision;
}

/** `previous` is the version that was replaced or deleted. Its value is not read from disk for everyone: see `VersionRef`. */
export type Change = { type: 'put'; entry: Entry; previous?: VersionRef } | { type: 'delete'; key: string; previous: VersionRef };

/** All of one revision's changes within the watched range. No changes: a progress mark (all up to `revision` is delivered). */
export interface ChangeBatch {
  revision: Revision;
  changes: readonly Change[];
}

export interface RangeResult {
  revision: Revision;
  entries: Entry[];
  more: boolean;
}

/** Who wrote, and the newest revision that the write was a reaction to. */
export interface Provenance {
  actor: { user: string; component?: string };
  cause?: Revision;
}

/** What the history log keeps of one revision beside the values. */
export interface RevisionRecord extends Provenance {
  revision: Revision;
  /** Backend clock, ms since the epoch; never smaller than the previous revision's. */
  at: number;
  /** Bytes of all keys and values ever written, up to and including this revision: differences tell how large a window is. */
  totalBytes: number;
  changes: { key: string; type: 'put' | 'delete' }[];
}

/** A running watch. Ends without an error once its signal aborts or the store closes. One reader only. */
export interface ChangeStream extends AsyncIterable<ChangeBatch> {
  /** Asks for a progress mark, behind all changes up to it; none comes where a batch of the newest revision is on its way anyway. */
  requestProgress(): void;
}

/**
 * An etcd-like store. Each implementation passes `test/contract/storage-backend.ts`.
 * Keys are well-formed strings without NUL. Only durable revisions can be seen, by whatever method.
 */
export interface StorageBackend {
  /** Drawn when the store was created; tells two stores with equal revisions apart. */
  readonly clusterId: string;
  /** The newest durable revision. */
  revision(): Revision;
  /** The oldest revision that can be read, and after which can be watched. */
  compactedRevision(): Revision;
  /** Newest version of one key: as fresh as `range`, much cheaper. */
  get(key: string): Promise<Entry | undefined>;
  /** The version of `key` that was written at exactly `modRevision`; undefined if there is none or no longer. */
  version(key: string, modRevision: Revision): Promise<Entry | undefined>;
  /** Entries in key order at revision `at`. Throws StorageError 'COMPACTED' or 'FUTURE_REVISION'. */
  range(range: KeyRange, options?: { at?: Revision; limit?: number }): Promise<RangeResult>;
  /**
   * Applies all `ops` as one revision if every guard holds, else nothing. A lost race is a result, not an error.
   * Answers once the outcome is durable. Ops apply in order; the last one for a key wins. Without `provenance` the
   * server itself is the actor.
   */
  txn(guards: readonly Guard[], ops: readonly Op[], options?: { provenance?: Provenance }): Promise<TxnResult>;
  /**
   * Every change after `after`, in order, without gaps. Reading it throws StorageError 'COMPACTED' if that history is gone
   * (also later, for a reader so slow that it is compacted away) and 'FUTURE_REVISION' if `after` was never given out.
   */
  watch(range: KeyRange, after: Revision, signal: AbortSignal): ChangeStream;
  /** Records of the revisions after `after`, oldest first, at most `limit` (default 1000). Throws as `range` does. */
  history(after: Revision, options?: { limit?: number }): Promise<RevisionRecord[]>;
  /** Drops all that cannot be seen at `before` or later. A `before` that is compacted already changes nothing. */
  compact(before: Revision): Promise<void>;
  /** Live keys whose newest version was put with `leaseId`. */
  leasedKeys(leaseId: string): string[];
  /** Waits for running writes, ends watches, lets go of the files. Later calls throw StorageError 'CLOSED'. */
  close(): Promise<void>;
}

/** Why a store cannot do what was asked. Listed with their meaning in docs/errors.md. */
export type StorageErrorCode = 'COMPACTED' | 'FUTURE_REVISION' | 'CORRUPT' | 'FOREIGN' | 'LOCKED' | 'CLOSED' | 'IO';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export function isStorageError(error: unknown, code?: StorageErrorCode): error is StorageError {
  return error instanceof StorageError && (code === undefined || error.code === code);
}
