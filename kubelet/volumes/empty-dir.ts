import { chmod, mkdir } from 'node:fs/promises';

/** Source: kubernetes pkg/volume/emptydir perm: whoever the container runs as may write. */
const MODE = 0o777;

/** An `emptyDir` volume; what is in it already stays. Deviation: `medium: Memory` is on disk too, `sizeLimit` is not enforced (docs/compatibility.md#volumes). */
export async function prepareEmptyDir(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true });
  if (made !== undefined) await chmod(directory, MODE);
}
