import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelBackend } from '../../../../apiserver/storage/level-backend.ts';
import { storageBackendContract } from '../../../contract/storage-backend.ts';

storageBackendContract('LevelBackend', async ({ clock }) => {
  const directory = await mkdtemp(join(tmpdir(), 'kubernetus-storage-'));
  const open = (): Promise<LevelBackend> => LevelBackend.open({ directory, clock, newId: () => 'test' });
  let backend = await open();
  return {
    backend,
    reopen: async () => {
      await backend.close();
      backend = await open();
      return backend;
    },
    cleanup: async () => {
      await backend.close();
      await rm(directory, { recursive: true });
    },
  };
});
