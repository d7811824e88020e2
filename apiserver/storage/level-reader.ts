import type { Level } from 'level';
import { type Change, type ChangeBatch, type Entry, type KeyRange, type Revision, StorageError } from './backend.ts';
import {
  decodeRevision,
  INDEX,
  indexBounds,
  inRange,
  parseVersionKey,
  RECORDS,
  RECORDS_END,
  recordKey,
  versionBounds,
  versionKey,
} from './key-encoding.ts';
import { decodeIndexEntry, decodeRecord, decodeValue, type LogRecord } from './record-codec.ts';
import type { HistoryChunk } from './watch-hub.ts';

export type Database = Level<string, Buffer>;
export type Snapshot = ReturnType<Database['snapshot']>;

interface Found {
  key: string;
  modRevision: Revision;
}

/** Entries fetched from the database in one call. */
const PAGE = 1000;
/** A step of a watch's catching up ends behind the revision that reaches one of these. */
const CHUNK_REVISIONS = 5000;
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Up to `limit` keys of the snapshot's newest revision, with their entries. */
export async function readNewest(
  db: Database,
  snapshot: Snapshot,
  range: KeyRange,
  limit: number,
): Promise<{ entries: Entry[]; more: boolean }> {
  const found: Found[] = [];
  for await (const page of paged(db.iterator({ ...indexBounds(range), limit: limit + 1, snapshot }))) {
    for (const [stored, bytes] of page) {
      const key = stored.slice(INDEX.length);
      found.push({ key, modRevision: decodeIndexEntry(bytes, key).modRevision });
    }
  }
  return resolve(db, snapshot, found, limit);
}

/** Up to `limit` keys as they were at revision `at`, with their entries. */
export async function readAt(
  db: Database,
  snapshot: Snapshot,
  { range, at, limit }: { range: KeyRange; at: Revision; limit: number },
): Promise<{ entries: Entry[]; more: boolean }> {
  const found: Found[] = [];
  let last: { key: string; revision: Revision; deleted: boolean } | undefined;
  const keep = (): void => {
    if (last !== undefined && !last.deleted) found.push({ key: last.key, modRevision: last.revision });
    last = undefined;
  };
  for await (const page of paged(db.keys({ ...versionBounds(range), snapshot }))) {
    for (const stored of page) {
      const version = parseVersionKey(stored);
      if (version.key !== last?.key) keep();
      if (version.revision <= at) last = version;
    }
    if (found.length > limit) break;
  }
  keep();
  return resolve(db, snapshot, found, limit);
}

/** Records after `after`, up to revision `upTo`, oldest first. */
export async function readRecords(
  db: Database,
  snapshot: Snapshot,
  { after, upTo, limit }: { after: Revision; upTo: Revision; limit: number },
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  if (after >= upTo) return records;
  for await (const page of paged(db.iterator({ gt: recordKey(after), lte: recordKey(upTo), limit, snapshot }))) {
    for (const [stored, bytes] of page) {
      const record = decodeRecord(bytes, decodeRevision(stored.slice(RECORDS.length)));
      const expected = after + records.length + 1;
      if (record.revision !== expected) throw new StorageError('CORRUPT', `read the record of revision ${expected}: it is missing`);
      records.push(record);
    }
  }
  if (records.length === 0) throw new StorageError('CORRUPT', `read the record of revision ${after + 1}: it is missing`);
  return records;
}

/** The newest record of all; undefined in an empty store. */
export async function readLastRecord(db: Database): Promise<LogRecord | undefined> {
  for await (const [stored, bytes] of db.iterator({ gte: RECORDS, lt: RECORDS_END, reverse: true, limit: 1 })) {
    return decodeRecord(bytes, decodeRevision(stored.slice(RECORDS.length)));
  }
  return undefined;
}

/** Changes in `range` after `after` and up to `upTo`, a bounded number of them. */
export async function readChanges(
  db: Database,
  snapshot: Snapshot,
  { range, after, upTo }: { range: KeyRange; after: Revision; upTo: Revision },
): Promise<HistoryChunk> {
  const records: LogRecord[] = [];
  let through = after;
  let firstBytes: number | undefined;
  while (records.length === 0 && through < upTo && through - after < CHUNK_REVISIONS) {
    for (const record of await readRecords(db, snapshot, { after: through, upTo, limit: PAGE })) {
      through = record.revision;
      const changes = record.changes.filter(({ key }) => inRange(range, key));
      if (changes.length > 0) records.push({ ...record, changes });
      firstBytes ??= record.totalBytes;
      if (record.totalBytes - firstBytes > CHUNK_BYTES && records.length > 0) break;
    }
  }
  const puts: Found[] = [];
  for (const { revision, changes } of records) {
    for (const { key, type } of changes) if (type === 'put') puts.push({ key, modRevision: revision });
  }
  const entries = await readVersions(db, snapshot, puts);
  let next = 0;
  const batches = records.map(({ revision, changes }): ChangeBatch => {
    const resolved: Change[] = [];
    for (const { key, type, previous } of changes) {
      if (type === 'delete') {
        if (previous !== undefined) resolved.push({ type, key, previous });
        continue;
      }
      const entry = entries[next++];
      if (entry !== undefined) resolved.push(previous === undefined ? { type, entry } : { type, entry, previous });
    }
    return { revision, changes: resolved };
  });
  return { batches, through };
}

async function resolve(db: Database, snapshot: Snapshot, found: Found[], limit: number): Promise<{ entries: Entry[]; more: boolean }> {
  const more = found.length > limit;
  if (more) found.length = limit;
  return { entries: await readVersions(db, snapshot, found), more };
}

async function readVersions(db: Database, snapshot: Snapshot, found: readonly Found[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let from = 0; from < found.length; from += PAGE) {
    const page = found.slice(from, from + PAGE);
    const values: (Buffer | undefined)[] = await db.getMany(
      page.map(({ key, modRevision }) => versionKey(key, modRevision)),
      { snapshot },
    );
    for (const [i, { key, modRevision }] of page.entries()) entries.push(toEntry(key, modRevision, values[i]));
  }
  return entries;
}

/** Throws StorageError 'CORRUPT' for a value that is not there or damaged. */
export function toEntry(key: string, modRevision: Revision, stored: Buffer | undefined): Entry {
  if (stored === undefined)
    throw new StorageError('CORRUPT', `read ${JSON.stringify(key)} of revision ${modRevision}: its value is missing`);
  const { createRevision, value } = decodeValue(stored, key);
  return { key, value, createRevision, modRevision };
}

interface Pager<T> {
  nextv(size: number): Promise<T[]>;
  close(): Promise<void>;
}

/** Crosses to the database's threads once a page, not once an entry. */
export async function* paged<T>(iterator: Pager<T>): AsyncGenerator<T[], void> {
  try {
    for (;;) {
      const page = await iterator.nextv(PAGE);
      if (page.length === 0) return;
      yield page;
    }
  } finally {
    await iterator.close();
  }
}
