import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LevelBackend } from '../../apiserver/storage/level-backend.ts';
import { realClock } from '../../shared/machinery/clock.ts';

const WRITER = fileURLToPath(new URL('storage-full-disk-writer.ts', import.meta.url));
/** The largest file the child may write, in units of 512 bytes, stands in for a full disk. */
const LIMITED = 'ulimit -f 300 && exec "$0" --import tsx "$@"';

for (const mode of [[], ['compacting']]) {
  test(`a store that cannot write fails all and loses nothing it answered (${mode.join() || 'writing only'})`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kubernetus-full-'));
    try {
      const { stdout } = await promisify(execFile)('sh', ['-c', LIMITED, process.execPath, WRITER, directory, ...mode]);
      const { answered, reasons } = JSON.parse(stdout) as { answered: number; reasons: string[] };
      assert.deepEqual(reasons, mode.length === 0 ? ['IO'] : reasons.filter((reason) => reason === 'IO' || reason === 'COMPACTED'));
      assert.ok(answered > 20, `${answered}`);
      const backend = await LevelBackend.open({ directory, clock: realClock, newId: () => 'full' });
      assert.ok(backend.revision() >= answered, `${backend.revision()} of ${answered}`);
      assert.ok((await backend.range({ start: '/', end: '0' })).entries.length > 0);
      await backend.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}
