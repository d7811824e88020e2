import { MemoryBackend } from '../../../../apiserver/storage/memory-backend.ts';
import { storageBackendContract } from '../../../contract/storage-backend.ts';

storageBackendContract('MemoryBackend', async ({ clock }) => {
  const backend = new MemoryBackend({ clock, clusterId: 'test' });
  return { backend, cleanup: () => backend.close() };
});
