import { LevelBackend } from '../../apiserver/storage/level-backend.ts';
import { realClock } from '../../shared/machinery/clock.ts';

/** The child of storage-full-disk.test.ts: writes until it cannot, then prints what everyone was told. */
const [directory = '', compacting] = process.argv.slice(2);
const backend = await LevelBackend.open({ directory, clock: realClock, newId: () => 'full' });
const value = Buffer.alloc(500, 'x');

const watching = Promise.allSettled([watchAll()]);
let answered = 0;
const writers = await Promise.allSettled(Array.from({ length: 8 }, (_, writer) => write(`/${writer}`)));
const later = Promise.allSettled([backend.get('/0'), backend.txn([], [{ delete: '/0' }])]);
const reasons = new Set([...writers, ...(await watching), ...(await later)].map(reasonOf));
await backend.close();
process.stdout.write(JSON.stringify({ answered, reasons: [...reasons] }));

async function write(key: string): Promise<void> {
  for (;;) {
    const { revision } = await backend.txn([], [{ put: key, value }]);
    answered = Math.max(answered, revision);
    if (compacting !== undefined) await backend.compact(revision);
  }
}

async function watchAll(): Promise<void> {
  for await (const { revision } of backend.watch({ start: '/', end: '0' }, 0, new AbortController().signal)) {
    if (revision > backend.revision()) throw new Error(`revision ${revision} was seen before it was durable`);
  }
}

function reasonOf(result: PromiseSettledResult<unknown>): string {
  return result.status === 'fulfilled' ? 'fulfilled' : String((result.reason as { code?: string }).code ?? result.reason);
}
