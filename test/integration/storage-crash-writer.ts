import { randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { LevelBackend } from '../../apiserver/storage/level-backend.ts';
import { realClock } from '../../shared/machinery/clock.ts';

/** The child of storage-crash.test.ts: writes and compacts as fast as it can, telling `<writer> <number> <revision>` for each answer. */
const [directory = ''] = process.argv.slice(2);
const WRITERS = 16;
const PADDING = Buffer.alloc(20_000, 'x');

const backend = await LevelBackend.open({ directory, clock: realClock, newId: () => 'crash' });
writeSync(1, 'ready\n');
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));

async function write(writer: number): Promise<void> {
  const left = `/left/${writer}`;
  const right = `/right/${writer}`;
  const before = await backend.get(left);
  let modRevision = before?.modRevision ?? 0;
  let number = before === undefined ? 0 : Number.parseInt(Buffer.from(before.value).toString(), 10);
  for (;;) {
    number++;
    const value = Buffer.concat([
      Buffer.from(`${number} `),
      PADDING.subarray(0, randomInt(10) === 0 ? randomInt(PADDING.length) : randomInt(500)),
    ]);
    const { succeeded, revision } = await backend.txn(
      [
        { key: left, modRevision },
        { key: right, modRevision },
      ],
      [
        { put: left, value },
        { put: right, value },
        { put: `/seq/${writer}/${number}`, value: PADDING.subarray(0, 10), leaseId: `lease-${writer}` },
        { delete: `/seq/${writer}/${number - 3}` },
      ],
      { provenance: { actor: { user: `writer-${writer}` }, cause: number } },
    );
    if (!succeeded) throw new Error(`writer ${writer}: somebody else wrote`);
    modRevision = revision;
    writeSync(1, `${writer} ${number} ${revision}\n`);
    if (writer === 0 && number % 40 === 0) await backend.compact(Math.max(0, backend.revision() - 400));
  }
}
