import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { type Payload, VolumeError } from './volume-source.ts';

const DATA = '..data';
const NEXT_DATA = '..data_tmp';
/** Source: kubernetes pkg/volume/util AtomicWriter maxFileNameLength, maxPathLength. */
const MAX_NAME = 255;
const MAX_PATH = 4096;

/**
 * Makes a directory show exactly the payload, all files changing at one instant: they are in a directory named after the time, `..data`
 * links to that, and each visible name links into `..data`. An unchanged payload touches nothing. True if it wrote.
 * Source: kubernetes pkg/volume/util AtomicWriter.
 */
export async function writeAtomically(directory: string, payload: Payload, now: number): Promise<boolean> {
  const files = new Map([...payload].map(([path, file]) => [checked(path), file]));
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const old = await readlink(join(directory, DATA)).catch(() => undefined);
  if (old !== undefined && (await holds(join(directory, old), files))) {
    await showNames(directory, files); // an earlier run may have been killed before this
    return false;
  }
  const stamp = new Date(now).toISOString().slice(0, 19).replace(/[-:T]/g, '_');
  const fresh = await mkdtemp(join(directory, `..${stamp}.`));
  try {
    await chmod(fresh, 0o755);
    for (const [path, { data, mode }] of files) {
      const file = join(fresh, path);
      await mkdir(dirname(file), { recursive: true, mode: 0o755 });
      await writeFile(file, data);
      await chmod(file, mode); // not subject to the umask
    }
    await rm(join(directory, NEXT_DATA), { force: true });
    await symlink(fresh.slice(directory.length + 1), join(directory, NEXT_DATA));
    await rename(join(directory, NEXT_DATA), join(directory, DATA));
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
  await showNames(directory, files);
  if (old !== undefined) await rm(join(directory, old), { recursive: true, force: true });
  return true;
}

async function holds(directory: string, files: Payload): Promise<boolean> {
  const there = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (there?.filter((entry) => !entry.isDirectory()).length !== files.size) return false;
  for (const [path, { data, mode }] of files) {
    const file = join(directory, path);
    const info = await stat(file).catch(() => undefined);
    if (info === undefined || (info.mode & 0o7777) !== mode || info.size !== data.length) return false;
    if (!(await readFile(file)).equals(data)) return false;
  }
  return true;
}

/** One link for each first segment of a path; links of names that are gone are removed. */
async function showNames(directory: string, files: Payload): Promise<void> {
  const names = new Set([...files.keys()].map((path) => path.split('/')[0] ?? path));
  const there = new Set(await readdir(directory));
  for (const name of names) if (!there.has(name)) await symlink(join(DATA, name), join(directory, name));
  for (const name of there) if (!name.startsWith('..') && !names.has(name)) await rm(join(directory, name), { recursive: true });
}

function checked(path: string): string {
  const segments = path.split('/');
  if (path === '') throw new VolumeError('invalid path: must not be empty');
  if (path.startsWith('/')) throw new VolumeError(`invalid path: must be relative path: ${path}`);
  if (segments.includes('..')) throw new VolumeError(`invalid path: must not contain '..': ${path}`);
  if (path.startsWith('..')) throw new VolumeError(`invalid path: must not start with '..': ${path}`);
  if (path.length > MAX_PATH) throw new VolumeError(`invalid path: must be less than or equal to ${MAX_PATH} characters`);
  if (segments.some((segment) => segment.length > MAX_NAME))
    throw new VolumeError(`invalid path: filenames must be less than or equal to ${MAX_NAME} characters`);
  return normalize(path);
}
