import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { type Revision, StorageError } from './backend.ts';
import { findLogDamage } from './level-log-check.ts';
import type { Database } from './level-reader.ts';

/** Beside LevelDB's files: what the store is known to have held, so that a lost tail of a log does not pass for a crash. */
const DURABLE_FILE = 'DURABLE';
const LEVELDB_FILE = /^(CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp)|DURABLE(\.new)?)$/;
/** What the creation of a database that was cut short may have left. */
const EMPTY_DATABASE_FILE = /^(LOCK|LOG|LOG\.old|MANIFEST-000001|000001\.dbtmp)$/;

/** Level-wide size of the write-ahead log and its table in memory, bytes: larger costs start-up time, smaller more merging. */
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;

interface DurableMark {
  revision: Revision;
  /** The log that was being written, and its length. */
  log: string;
  logBytes: number;
}

export interface OpenedDirectory {
  db: Database;
  /** The store must hold at least this revision. */
  atLeast: Revision;
  /** It was made just now, or its making was cut short. */
  fresh: boolean;
}

/** Opens the database in `directory`, or makes one where there is nothing yet. Never changes what it refuses. */
export async function openDirectory(directory: string): Promise<OpenedDirectory> {
  const files = await listDirectory(directory);
  if (!files.includes('CURRENT')) {
    if (files.every((file) => EMPTY_DATABASE_FILE.test(file))) return { db: await openDatabase(directory), atLeast: 0, fresh: true };
    if (files.every((file) => LEVELDB_FILE.test(file))) throw corrupt(directory, 'its file CURRENT is missing');
    throw new StorageError('FOREIGN', `open ${directory}: it holds other files, the store needs a directory of its own`);
  }
  await assertUnlocked(directory);
  const mark = await readMark(directory, files);
  for (const file of files) {
    if (!file.endsWith('.log')) continue;
    const damage = await findLogDamage(join(directory, file), file === mark?.log ? mark.logBytes : 0);
    if (damage !== undefined) throw corrupt(directory, `${file}: ${damage}`);
  }
  const db = await openDatabase(directory);
  try {
    await checkTables(directory, db);
  } catch (error) {
    await db.close();
    throw error;
  }
  return { db, atLeast: mark?.revision ?? 0, fresh: mark === undefined };
}

/** Writes down that `revision` and all before it are in the files. Nothing may be writing meanwhile. */
export async function markDurable(directory: string, revision: Revision): Promise<void> {
  const log =
    (await readdir(directory))
      .filter((file) => file.endsWith('.log'))
      .sort()
      .at(-1) ?? '';
  const logBytes = log === '' ? 0 : (await stat(join(directory, log))).size;
  const mark: DurableMark = { revision, log, logBytes };
  const path = join(directory, DURABLE_FILE);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(mark)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

export function corrupt(directory: string, what: string, cause?: unknown): StorageError {
  return new StorageError('CORRUPT', `open ${directory}: ${what}; restore a backup or move the directory away`, { cause });
}

async function listDirectory(directory: string): Promise<string[]> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await readdir(directory);
  } catch (error) {
    throw new StorageError('IO', `open ${directory}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function openDatabase(directory: string): Promise<Database> {
  const db: Database = new Level(directory, { valueEncoding: 'buffer', writeBufferSize: WRITE_BUFFER_BYTES });
  try {
    await db.open();
  } catch (error) {
    throw openError(directory, error);
  }
  return db;
}

/** Asks LevelDB for an existing database as if it should be new: it takes the lock, refuses, and has touched no data. */
async function assertUnlocked(directory: string): Promise<void> {
  const probe = new Level(directory, { errorIfExists: true });
  try {
    await probe.open();
  } catch (error) {
    if (codeOf(error) === 'LEVEL_LOCKED') throw openError(directory, error);
    return;
  }
  await probe.close();
}

function openError(directory: string, error: unknown): StorageError {
  const code = codeOf(error);
  if (code === 'LEVEL_LOCKED') return new StorageError('LOCKED', `open ${directory}: another process has it open`, { cause: error });
  const cause = error instanceof Error ? error.cause : undefined;
  const detail = cause instanceof Error ? cause.message : String(error);
  if (code === 'LEVEL_CORRUPTION' || /corrupt|no such file|does not exist|CURRENT/i.test(detail)) return corrupt(directory, detail, error);
  return new StorageError('IO', `open ${directory}: ${detail}`, { cause: error });
}

function codeOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}

async function readMark(directory: string, files: readonly string[]): Promise<DurableMark | undefined> {
  if (!files.includes(DURABLE_FILE)) return undefined;
  const text = await readFile(join(directory, DURABLE_FILE), 'utf8');
  try {
    const mark: unknown = JSON.parse(text);
    if (isMark(mark)) return mark;
  } catch (error) {
    throw corrupt(directory, `${DURABLE_FILE}: it is not readable`, error);
  }
  throw corrupt(directory, `${DURABLE_FILE}: it is not readable`);
}

function isMark(value: unknown): value is DurableMark {
  if (typeof value !== 'object' || value === null) return false;
  const { revision, log, logBytes } = value as Partial<Record<keyof DurableMark, unknown>>;
  return Number.isSafeInteger(revision) && typeof log === 'string' && Number.isSafeInteger(logBytes);
}

/** LevelDB notices a table that was cut off or lost only when it reads there; its list of tables tells their sizes. */
async function checkTables(directory: string, db: Database): Promise<void> {
  const tables = (db as unknown as { getProperty(name: string): string }).getProperty('leveldb.sstables');
  for (const [, number, size] of tables.matchAll(/^ (\d+):(\d+)\[/gm)) {
    const name = `${number?.padStart(6, '0')}.ldb`;
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found?.size !== Number(size)) throw corrupt(directory, `${name}: it has ${found?.size ?? 0} bytes of ${size}`);
  }
}
