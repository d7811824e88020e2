import { type Revision, StorageError } from './backend.ts';
import { INDEX, INDEX_END, META_CLUSTER_ID, META_COMPACTED, META_FORMAT } from './key-encoding.ts';
import { KeyIndex } from './key-index.ts';
import { corrupt, type OpenedDirectory } from './level-directory.ts';
import { type Database, paged, readLastRecord } from './level-reader.ts';
import { ByteWriter, decodeIndexEntry, decodeText, encodeText } from './record-codec.ts';

/** Raised when the layout changes so that older programs cannot read it. */
const FORMAT = 'kubernetus-storage 1';

/** What was found in, or put into, the opened database. */
export interface LoadedStore {
  clusterId: string;
  index: KeyIndex;
  revision: Revision;
  compacted: Revision;
  at: number;
  totalBytes: number;
}

/** Reads what the store keeps in memory and checks that it fits together, or makes an empty store in an empty database. */
export async function loadStore(
  opened: OpenedDirectory,
  { directory, newId }: { directory: string; newId: () => string },
): Promise<LoadedStore> {
  const { db } = opened;
  const format: Buffer | undefined = await db.get(META_FORMAT);
  if (format === undefined) return createStore(opened, { directory, newId });
  if (format.toString() !== FORMAT) {
    throw new StorageError(
      'FOREIGN',
      `open ${directory}: its format is ${JSON.stringify(format.toString())}, this program reads "${FORMAT}"`,
    );
  }
  const clusterId = await readMeta(db, directory, META_CLUSTER_ID);
  const compacted = Number(await readMeta(db, directory, META_COMPACTED));
  const last = await readLastRecord(db);
  const revision = last?.revision ?? 0;
  if (opened.fresh && revision > 0) throw corrupt(directory, 'its file DURABLE is missing');
  if (revision < opened.atLeast || compacted > revision) {
    throw corrupt(directory, `its newest revision is ${revision}, and ${Math.max(opened.atLeast, compacted)} was written`);
  }
  const index = new KeyIndex();
  const newestKey = await loadIndex(db, index);
  const expected = last?.liveKeys ?? 0;
  if (index.live !== expected) throw corrupt(directory, `its index has ${index.live} keys of ${expected}`);
  if (newestKey > revision) throw corrupt(directory, `its index knows revision ${newestKey}, its log ends at ${revision}`);
  return { clusterId, index, revision, compacted, at: last?.at ?? 0, totalBytes: last?.totalBytes ?? 0 };
}

async function createStore(
  { db, fresh }: OpenedDirectory,
  { directory, newId }: { directory: string; newId: () => string },
): Promise<LoadedStore> {
  const [some] = await db.keys({ limit: 1 }).all();
  if (some !== undefined) throw new StorageError('FOREIGN', `open ${directory}: it is the database of another program`);
  if (!fresh) throw corrupt(directory, 'all its data is gone');
  const clusterId = newId();
  const writer = new ByteWriter();
  const batch = db.batch();
  batch.put(META_FORMAT, Buffer.from(FORMAT));
  batch.put(META_CLUSTER_ID, encodeText(writer, clusterId));
  batch.put(META_COMPACTED, encodeText(writer, '0'));
  await batch.write({ sync: true });
  return { clusterId, index: new KeyIndex(), revision: 0, compacted: 0, at: 0, totalBytes: 0 };
}

/** Returns the greatest revision in it. */
async function loadIndex(db: Database, index: KeyIndex): Promise<number> {
  let newest = 0;
  for await (const page of paged(db.iterator({ gte: INDEX, lt: INDEX_END }))) {
    for (const [stored, bytes] of page) {
      const key = stored.slice(INDEX.length);
      const entry = decodeIndexEntry(bytes, key);
      index.load(key, entry, entry.leaseId);
      newest = Math.max(newest, entry.modRevision);
    }
  }
  return newest;
}

async function readMeta(db: Database, directory: string, key: string): Promise<string> {
  const stored: Buffer | undefined = await db.get(key);
  if (stored === undefined) throw corrupt(directory, `its entry ${key} is missing`);
  return decodeText(stored, key);
}
