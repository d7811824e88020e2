import { type Change, type Provenance, type Revision, StorageError } from './backend.ts';

/** Records that `history` answers with unless asked for fewer or more. */
export const HISTORY_LIMIT = 1000;

/** Writes that nobody signed are the server's own. */
export const DEFAULT_PROVENANCE: Provenance = { actor: { user: 'system:apiserver' } };

/** Throws StorageError unless the store can be read at `at`, and its log after `at`. */
export function assertReadable(at: Revision, compacted: Revision, newest: Revision): void {
  if (at > newest) throw new StorageError('FUTURE_REVISION', `read at revision ${at}: the newest is ${newest}`);
  if (at < compacted) throw new StorageError('COMPACTED', `read at revision ${at}: history before ${compacted} is compacted`);
}

/** What a revision adds to `RevisionRecord.totalBytes`. Keys count by their UTF-16 length: near enough, and free. */
export function bytesOfChanges(changes: readonly Change[]): number {
  let bytes = 0;
  for (const change of changes) bytes += change.type === 'put' ? change.entry.key.length + change.entry.value.length : change.key.length;
  return bytes;
}
