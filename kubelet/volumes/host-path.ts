import type { Stats } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostPathVolumeSource } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { VolumeError } from './volume-source.ts';

interface Check {
  is: (info: Stats) => boolean;
  noun: string;
}

const directory: Check = { is: (info) => info.isDirectory(), noun: 'a directory' };
const file: Check = { is: (info) => info.isFile(), noun: 'a file' };

const CHECKS: Readonly<Record<string, Check>> = {
  DirectoryOrCreate: directory,
  Directory: directory,
  FileOrCreate: file,
  File: file,
  Socket: { is: (info) => info.isSocket(), noun: 'a socket file' },
  CharDevice: { is: (info) => info.isCharacterDevice(), noun: 'a character device' },
  BlockDevice: { is: (info) => info.isBlockDevice(), noun: 'a block device' },
};

/**
 * Checks a `hostPath` volume, and makes what its type says to make; without a type a missing path becomes a directory, as container
 * runtimes do. Source: kubernetes pkg/volume/hostpath checkType.
 */
export async function prepareHostPath({ path, type = '' }: DeepReadonly<HostPathVolumeSource>): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  const check = CHECKS[type];
  if (info !== undefined) {
    if (check !== undefined && !check.is(info)) throw new VolumeError(`hostPath type check failed: ${path} is not ${check.noun}`);
    return path;
  }
  if (type === '' || type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 });
  else if (type === 'FileOrCreate') await createFile(path);
  else throw new VolumeError(`hostPath type check failed: ${path} is not ${check?.noun ?? 'of a known type'}`);
  return path;
}

async function createFile(path: string): Promise<void> {
  if ((await stat(dirname(path)).catch(() => undefined)) === undefined) throw new VolumeError(`open ${path}: no such file or directory`);
  const handle = await open(path, 'a', 0o644);
  await handle.close();
}
