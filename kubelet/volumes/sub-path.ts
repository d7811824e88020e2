import { lstat, mkdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { VolumeError } from './volume-source.ts';

/**
 * The path of a part of a volume, made as a directory where it does not exist. It never leaves the volume, also not over links.
 * Deviation: a file of a ConfigMap mounted by subPath follows updates (docs/compatibility.md#volumes).
 */
export async function subPathOf(volume: string, subPath: string): Promise<string> {
  if (subPath === '') return volume;
  if (subPath.startsWith('/') || subPath.split('/').includes('..'))
    throw new VolumeError(`subPath "${subPath}" must be a relative path without ".."`);
  const path = join(volume, subPath);
  const root = await realpath(volume);
  await checkInside(root, volume, subPath);
  if ((await lstat(path).catch(() => undefined)) === undefined) await mkdir(path, { recursive: true, mode: 0o755 });
  return path;
}

/** The deepest part that exists decides: a missing one is made below it. */
async function checkInside(root: string, volume: string, subPath: string): Promise<void> {
  const segments = subPath.split('/');
  for (let count = segments.length; count > 0; count--) {
    const real = await realpath(join(volume, ...segments.slice(0, count))).catch(() => undefined);
    if (real === undefined) continue;
    if (real !== root && !real.startsWith(root + sep)) throw new VolumeError(`subPath "${subPath}" leads out of its volume`);
    return;
  }
}
