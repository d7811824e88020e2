import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { LevelBackend } from '../apiserver/storage/level-backend.ts';
import { realClock } from '../shared/machinery/clock.ts';

/**
 * How much does the store cost beyond LevelDB? Durable writes of 1.5 kB by 32 writers, answered one by one: the store's transactions
 * beside a bare LevelDB that syncs the same bytes under the same keys, grouped the same way. Rounds alternate; prints JSON.
 */
const WRITERS = 32;
const ROUNDS = 5;
const ROUND_MS = 1500;
const VALUE = Buffer.from(JSON.stringify({ kind: 'Pod', spec: Array.from({ length: 300 }, (_, i) => (i * 7919) % 9973) }));
/** Sizes of what the store writes beside the value: index entry and revision record. */
const INDEX_ENTRY = Buffer.alloc(16, 1);
const RECORD = Buffer.alloc(130, 1);

interface Subject {
  write(key: string): Promise<unknown>;
  close(): Promise<void>;
}

interface Round {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU of the whole process, LevelDB's threads too. */
  cpuMicrosPerWrite: number;
}

async function openStore(directory: string): Promise<Subject> {
  const backend = await LevelBackend.open({ directory, clock: realClock, newId: () => 'bench' });
  const provenance = { actor: { user: 'system:kube-controller-manager', component: 'replicaset-controller' }, cause: 1 };
  return { write: (key) => backend.txn([], [{ put: key, value: VALUE }], { provenance }), close: () => backend.close() };
}

async function openBare(directory: string): Promise<Subject> {
  const db = new Level<string, Buffer>(directory, { valueEncoding: 'buffer', writeBufferSize: 8 * 1024 * 1024 });
  await db.open();
  let revision = 0;
  let batch = db.batch();
  let answers: (() => void)[] = [];
  let writing = false;
  const flush = async (): Promise<void> => {
    const [collected, waiting] = [batch, answers];
    batch = db.batch();
    answers = [];
    writing = true;
    await collected.write({ sync: true });
    writing = false;
    for (const answer of waiting) answer();
    if (answers.length > 0) setImmediate(flush);
  };
  const write = (key: string): Promise<void> => {
    const at = String(++revision).padStart(11, '0');
    batch.put(`k/${key}\0${at}`, VALUE).put(`i/${key}`, INDEX_ENTRY).put(`r/${at}`, RECORD);
    return new Promise((resolve) => {
      if (answers.push(resolve) === 1 && !writing) setImmediate(flush);
    });
  };
  return {
    write,
    close: async () => {
      await batch.close();
      await db.close();
    },
  };
}

async function measure({ write }: Subject): Promise<Round> {
  const took: number[] = [];
  const start = performance.now();
  const cpu = process.cpuUsage();
  const writer = async (id: number): Promise<void> => {
    for (let n = 0; performance.now() - start < ROUND_MS; n++) {
      const before = performance.now();
      await write(`/registry/pods/default/web-${id}-${n % 100}`);
      took.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, id) => writer(id)));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  took.sort((a, b) => a - b);
  const quantile = (share: number): number => round(took[Math.floor(took.length * share)] ?? 0);
  return {
    perSecond: Math.round(took.length / seconds),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    cpuMicrosPerWrite: round((user + system) / took.length),
  };
}

function median(rounds: readonly Round[]): Round {
  const middle = (of: (round: Round) => number): number => rounds.map(of).sort((a, b) => a - b)[rounds.length >> 1] ?? 0;
  return {
    perSecond: middle((r) => r.perSecond),
    p50Ms: middle((r) => r.p50Ms),
    p99Ms: middle((r) => r.p99Ms),
    cpuMicrosPerWrite: middle((r) => r.cpuMicrosPerWrite),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const directory = await mkdtemp(join(tmpdir(), 'kubernetus-bench-'));
try {
  const store = await openStore(join(directory, 'store'));
  const bare = await openBare(join(directory, 'bare'));
  const rounds: { store: Round[]; bare: Round[] } = { store: [], bare: [] };
  await measure(store); // warm-up
  await measure(bare);
  for (let i = 0; i < ROUNDS; i++) {
    rounds.store.push(await measure(store));
    rounds.bare.push(await measure(bare));
  }
  await store.close();
  await bare.close();
  const result = { store: median(rounds.store), bareLevel: median(rounds.bare) };
  const share = round(result.store.perSecond / result.bareLevel.perSecond);
  console.log(JSON.stringify({ bench: 'storage-write', writers: WRITERS, valueBytes: VALUE.length, ...result, share }, null, 2));
} finally {
  await rm(directory, { recursive: true });
}
