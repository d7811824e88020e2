import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RevisionRecord } from '../../apiserver/storage/backend.ts';
import { LevelBackend } from '../../apiserver/storage/level-backend.ts';
import { realClock } from '../../shared/machinery/clock.ts';

const KILLS = Number(process.env.KUBERNETUS_KILLS ?? 15);
const WRITER = fileURLToPath(new URL('storage-crash-writer.ts', import.meta.url));

interface Answer {
  writer: number;
  number: number;
  revision: number;
}

let directory: string;
let child: ChildProcess | undefined;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubernetus-crash-'));
});
after(async () => {
  child?.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
});

test(`an answered write is there after kill -9, and nothing is half-written (${KILLS} times)`, {
  timeout: 60_000 + KILLS * 5_000,
}, async () => {
  const newest = new Map<number, Answer>();
  let answers = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const answered = await writeUntilKilled();
    for (const answer of answered) newest.set(answer.writer, answer);
    answers += answered.length;
    await verify(answered, newest);
  }
  assert.ok(answers > KILLS * 10, `${answers} answers in ${KILLS} lives are too few to prove anything`);
});

async function writeUntilKilled(): Promise<Answer[]> {
  child = spawn(process.execPath, ['--import', 'tsx', WRITER, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'close');
  const { stdout } = child;
  assert.ok(stdout !== null);
  let output = '';
  let ready = (): void => undefined;
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    ready();
  });
  if (randomInt(10) > 0) await Promise.race([isReady, gone]); // else it dies while it opens, too
  await delay(randomInt(300));
  child.kill('SIGKILL');
  const [code] = (await gone) as [number | null];
  assert.equal(code, null, 'it was killed, it did not fail');
  const whole = output.slice(0, output.lastIndexOf('\n') + 1).split('\n');
  return whole
    .filter((line) => /^\d/.test(line))
    .map((line) => {
      const [writer = 0, number = 0, revision = 0] = line.split(' ').map(Number);
      return { writer, number, revision };
    });
}

async function verify(answered: readonly Answer[], newest: ReadonlyMap<number, Answer>): Promise<void> {
  const backend = await LevelBackend.open({ directory, clock: realClock, newId: () => 'crash' });
  try {
    const records = await readLog(backend);
    const byRevision = new Map(records.map((record) => [record.revision, record]));
    assert.ok(backend.compactedRevision() + records.length === backend.revision(), 'the log has no holes');
    for (const { writer, number, revision } of answered) {
      if (revision <= backend.compactedRevision()) continue;
      const { actor, cause } = byRevision.get(revision) ?? {};
      assert.deepEqual({ actor, cause }, { actor: { user: `writer-${writer}` }, cause: number }, `revision ${revision}`);
    }
    for (const record of records) await verifyWhole(backend, record);
    const expected: string[] = [];
    for (const writer of Array.from({ length: 16 }, (_, i) => i)) {
      const left = await backend.get(`/left/${writer}`);
      const right = await backend.get(`/right/${writer}`);
      assert.deepEqual(left && { ...left, key: '' }, right && { ...right, key: '' });
      const number = left === undefined ? 0 : Number.parseInt(Buffer.from(left.value).toString(), 10);
      assert.ok(
        number >= (newest.get(writer)?.number ?? 0),
        `writer ${writer} was answered ${newest.get(writer)?.number}, ${number} is there`,
      );
      for (let n = Math.max(1, number - 2); n <= number; n++) expected.push(`/seq/${writer}/${n}`);
      assert.deepEqual(backend.leasedKeys(`lease-${writer}`).sort(), expected.filter((key) => key.startsWith(`/seq/${writer}/`)).sort());
    }
    const { entries } = await backend.range({ start: '/seq/', end: '/seq0' });
    assert.deepEqual(entries.map(({ key }) => key).sort(), expected.sort());
    await backend.range({ start: '/', end: '0' }, { at: backend.compactedRevision() });
  } finally {
    await backend.close();
  }
}

async function readLog(backend: LevelBackend): Promise<RevisionRecord[]> {
  const records: RevisionRecord[] = [];
  for (let after = backend.compactedRevision(); after < backend.revision(); after = records.at(-1)?.revision ?? after) {
    records.push(...(await backend.history(after)));
  }
  return records;
}

/** All that a transaction wrote is there, or nothing of it. */
async function verifyWhole(backend: LevelBackend, { revision, actor, cause = 0, changes }: RevisionRecord): Promise<void> {
  const writer = actor.user.replace('writer-', '');
  const wanted = [`put /left/${writer}`, `put /right/${writer}`, `put /seq/${writer}/${cause}`];
  if (cause > 3) wanted.push(`delete /seq/${writer}/${cause - 3}`);
  assert.deepEqual(
    changes.map(({ type, key }) => `${type} ${key}`),
    wanted,
  );
  for (const { key, type } of changes) {
    const entry = await backend.version(key, revision);
    assert.equal(entry !== undefined, type === 'put');
    if (entry !== undefined && !key.startsWith('/seq/')) assert.equal(Number.parseInt(Buffer.from(entry.value).toString(), 10), cause);
  }
}
