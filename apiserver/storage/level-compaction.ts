import type { Revision } from './backend.ts';
import { decodeRevision, META_COMPACTED, RECORDS, recordKey, tombstoneKey, versionKey } from './key-encoding.ts';
import { type Database, paged } from './level-reader.ts';
import { ByteWriter, decodeRecord, encodeText } from './record-codec.ts';

export interface CompactionOptions {
  before: Revision;
  /** Writes the batch while nothing else is written; `sync`: it must outlive a crash. */
  write: (batch: ReturnType<Database['batch']>, options: { sync: boolean }) => Promise<void>;
  /** Whether to leave the rest to the next compaction. */
  isStopped: () => boolean;
}

/**
 * Removes what cannot be seen at `before` or later: the versions that revisions up to it replaced, their deletions' marks, and
 * their records. It walks the records only, oldest first; cut short, the next compaction goes on where it was. The record of
 * `before` itself stays, so that the log is never empty.
 */
export async function compactHistory(db: Database, { before, write, isStopped }: CompactionOptions): Promise<void> {
  // First of all written down: from then on, in this life or the next, nobody reads what is being removed.
  await write(db.batch().put(META_COMPACTED, encodeText(new ByteWriter(), String(before))), { sync: true });
  for await (const page of paged(db.iterator({ gte: RECORDS, lte: recordKey(before) }))) {
    if (isStopped()) return;
    const batch = db.batch();
    for (const [stored, bytes] of page) {
      const record = decodeRecord(bytes, decodeRevision(stored.slice(RECORDS.length)));
      for (const { key, type, previous } of record.changes) {
        if (previous !== undefined) batch.del(versionKey(key, previous.modRevision));
        if (type === 'delete') batch.del(tombstoneKey(key, record.revision));
      }
      if (record.revision < before) batch.del(stored);
    }
    await write(batch, { sync: false });
  }
}
