import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Level } from 'level';
import { isStorageError, type StorageErrorCode } from '../../../../apiserver/storage/backend.ts';
import { LevelBackend } from '../../../../apiserver/storage/level-backend.ts';
import { realClock } from '../../../../shared/machinery/clock.ts';

const ALL = { start: '/', end: '0' };
const KEYS = 4000;

let scratch: string;
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'kubernetus-storage-'));
});
after(() => rm(scratch, { recursive: true }));

let directory: string;
let count = 0;
beforeEach(() => {
  directory = join(scratch, String(count++));
});

function open(): Promise<LevelBackend> {
  return LevelBackend.open({ directory, clock: realClock, newId: () => 'test' });
}

async function refuses(code: StorageErrorCode, sentence: RegExp): Promise<void> {
  await assert.rejects(open(), (error) => {
    assert.ok(isStorageError(error, code), `${error}`);
    assert.match(error.message, sentence);
    return true;
  });
}

describe('LevelBackend.open', () => {
  test('makes the directory, for its owner only', async () => {
    await (await open()).close();
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
  });

  test('refuses a store that is open already, in this process or another', async () => {
    const backend = await open();
    await refuses('LOCKED', /another process has it open/);
    await backend.txn([], [{ put: '/a', value: Buffer.from('1') }]);
    await backend.close();
    const program = `import {Level} from 'level'; const db = new Level(${JSON.stringify(directory)}); await db.open(); console.log('open'); setInterval(() => {}, 1e6)`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(other.stdout, 'data');
      await refuses('LOCKED', /another process has it open/);
    } finally {
      other.kill('SIGKILL');
      await once(other, 'exit');
    }
    const again = await open();
    assert.equal(again.revision(), 1);
    await again.close();
  });

  test('refuses a directory with other files', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'thesis.txt'), 'precious');
    await refuses('FOREIGN', /it holds other files/);
    assert.deepEqual(await readdir(directory), ['thesis.txt']);
  });

  test('refuses a path that is a file', async () => {
    await writeFile(directory, '');
    await refuses('IO', /file already exists/);
  });

  test("refuses another program's database, and another format", async () => {
    const db = new Level<string, string>(directory);
    await db.put('x', 'y');
    await db.close();
    await refuses('FOREIGN', /database of another program/);
    await db.open();
    await db.put('m/format', 'kubernetus-storage 99');
    await db.close();
    await refuses('FOREIGN', /its format is "kubernetus-storage 99", this program reads/);
  });

  for (const left of [
    ['LOCK', 'LOG'],
    ['LOCK', 'LOG', 'MANIFEST-000001'],
  ]) {
    test(`takes a directory whose making was cut short at ${left.at(-1)}`, async () => {
      await mkdir(directory);
      for (const file of left) await writeFile(join(directory, file), '');
      await (await open()).close();
    });
  }

  test('opening costs less than reading what it holds, however long the history', async () => {
    const filled = await open();
    const value = Buffer.alloc(200, 'x');
    for (let from = 0; from < 120_000; from += 1000) {
      await filled.txn(
        [],
        Array.from({ length: 1000 }, (_, i) => ({ put: `/registry/pods/default/pod-${(from + i) % 100_000}`, value })),
      );
    }
    await filled.close();
    const openMs = await median(async () => (await open()).close());
    const readMs = await median(async () => {
      const db = new Level<string, Buffer>(directory, { valueEncoding: 'buffer' });
      let bytes = 0;
      for await (const entry of db.values()) bytes += entry.length;
      assert.ok(bytes > 120_000 * value.length);
      await db.close();
    });
    assert.ok(openMs < readMs, `${openMs} ms to open, ${readMs} ms to read`);
  });
});

describe('LevelBackend on a damaged directory', () => {
  let intact: string;
  let expected: Map<string, string>;

  before(async () => {
    intact = join(scratch, 'intact');
    const backend = await LevelBackend.open({ directory: intact, clock: realClock, newId: () => 'test' });
    const value = (i: number): Buffer =>
      Buffer.from(JSON.stringify({ i, random: Array.from({ length: 400 }, (_, n) => (i * 7919 + n * n * 31) % 9973) }));
    for (let i = 0; i < KEYS; i += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => backend.txn([], [{ put: `/registry/pods/${(i + n) % 3000}`, value: value(i + n) }])),
      );
    }
    expected = new Map((await backend.range(ALL)).entries.map((entry) => [entry.key, Buffer.from(entry.value).toString()]));
    await backend.close();
    const files = await readdir(intact);
    assert.ok(files.some((file) => file.endsWith('.ldb')) && files.some((file) => file.endsWith('.log')), `both kinds of files: ${files}`);
  });
  beforeEach(() => cp(intact, directory, { recursive: true }));
  afterEach(() => rm(directory, { recursive: true }));

  const filesLike = async (pattern: RegExp): Promise<string[]> => (await readdir(directory)).filter((file) => pattern.test(file)).sort();
  const lastLike = async (pattern: RegExp): Promise<string> => join(directory, (await filesLike(pattern)).at(-1) ?? '');

  const damages: { name: string; damage: () => Promise<void>; sentence: RegExp }[] = [
    {
      name: 'a log that lost its end',
      damage: async () => shorten(await lastLike(/\.log$/), 1),
      sentence: /\.log: it has \d+ bytes of \d+/,
    },
    { name: 'an emptied log', damage: async () => truncate(await lastLike(/\.log$/)), sentence: /\.log: it has 0 bytes of/ },
    { name: 'a lost log', damage: async () => rm(await lastLike(/\.log$/)), sentence: /its newest revision is/ },
    { name: 'a garbled log', damage: async () => flip(await lastLike(/\.log$/), 0.5), sentence: /\.log: it is damaged at byte/ },
    {
      name: 'a log garbled in its last write',
      damage: async () => flip(await lastLike(/\.log$/), 1),
      sentence: /\.log: it is damaged at byte/,
    },
    {
      name: 'a table that lost its end',
      damage: async () => shorten(await lastLike(/\.ldb$/), 1),
      sentence: /\.ldb: it has \d+ bytes of \d+/,
    },
    { name: 'a lost table', damage: async () => rm(await lastLike(/\.ldb$/)), sentence: /missing/ },
    {
      name: 'an emptied manifest',
      damage: async () => truncate(await lastLike(/^MANIFEST/)),
      sentence: /open /,
    },
    { name: 'a lost manifest', damage: async () => rm(await lastLike(/^MANIFEST/)), sentence: /open / },
    { name: 'a lost CURRENT', damage: async () => rm(join(directory, 'CURRENT')), sentence: /its file CURRENT is missing/ },
    { name: 'a garbled CURRENT', damage: async () => writeFile(join(directory, 'CURRENT'), 'x'), sentence: /open / },
    { name: 'a lost DURABLE', damage: async () => rm(join(directory, 'DURABLE')), sentence: /its file DURABLE is missing/ },
    { name: 'a garbled DURABLE', damage: async () => writeFile(join(directory, 'DURABLE'), '{'), sentence: /DURABLE: it is not readable/ },
  ];
  for (const { name, damage, sentence } of damages) {
    test(`refuses ${name}, again and again`, async () => {
      await damage();
      await refuses('CORRUPT', sentence);
      await refuses('CORRUPT', /open /);
    });
  }

  test('never answers wrongly, whatever byte of a table is garbled', async () => {
    let refused = 0;
    for (let at = 0.01; at < 1; at += 0.07) {
      for (const file of await filesLike(/\.ldb$/)) {
        const path = join(directory, file);
        const original = await readFile(path);
        await flip(path, at);
        const outcome = await readAll();
        if (outcome === undefined) refused++;
        else assert.deepEqual(outcome, expected, `${file} at ${at}`);
        await rm(directory, { recursive: true });
        await cp(intact, directory, { recursive: true });
        assert.deepEqual(await readFile(path), original);
      }
    }
    assert.ok(refused > 0);
  });

  /** Undefined: the store noticed. */
  async function readAll(): Promise<Map<string, string> | undefined> {
    let backend: LevelBackend | undefined;
    try {
      backend = await open();
      const { entries } = await backend.range(ALL);
      return new Map(entries.map((entry) => [entry.key, Buffer.from(entry.value).toString()]));
    } catch (error) {
      if (isStorageError(error, 'CORRUPT')) return undefined;
      throw error;
    } finally {
      await backend?.close();
    }
  }
});

async function shorten(path: string, bytes: number): Promise<void> {
  await truncate(path, (await stat(path)).size - bytes);
}

/** Changes the byte at this share of the file. */
async function flip(path: string, share: number): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.min(bytes.length - 1, Math.floor(bytes.length * share));
  bytes[at] = (bytes[at] ?? 0) ^ 0x55;
  await writeFile(path, bytes);
}

/** The median time of three runs, ms. */
async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[1] ?? 0;
}
