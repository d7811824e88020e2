import { accessSync, constants, existsSync, lstatSync, mkdirSync, rmdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { type ContainerSpec, RuntimeError } from '../driver.ts';

/**
 * Makes the directory that a container starts in: its volumes are linked into it at their mount paths, so a process finds `/etc/config`
 * as `etc/config` below its working directory, or as `$KUBERNETUS_ROOTFS/etc/config`. Absolute paths show the host's files.
 * Idempotent. Throws `CreateContainerError`.
 */
export function makeRootDirectory(root: string, spec: ContainerSpec, terminationLog: string): void {
  mkdirSync(root, { recursive: true, mode: 0o755 });
  const links = spec.mounts.map(({ hostPath, containerPath }) => ({ target: resolve(hostPath), path: resolve('/', containerPath) }));
  if (spec.terminationMessagePath !== '') links.push({ target: terminationLog, path: resolve('/', spec.terminationMessagePath) });
  links.sort((a, b) => a.path.length - b.path.length); // a mount below another one goes into that one
  for (const { target, path } of links) {
    if (!existsSync(target))
      throw new RuntimeError('CreateContainerError', `failed to mount "${target}" at "${path}": no such file or directory`);
    link(target, inside(root, path), path);
  }
  if (spec.workingDir !== '') mkdirSync(inside(root, spec.workingDir), { recursive: true });
}

/** The host's path of a container's path. */
export function inside(root: string, path: string): string {
  return join(root, resolve('/', path));
}

/** The directory that a container's processes start in. */
export function workingDirectory(root: string, spec: ContainerSpec): string {
  return inside(root, spec.workingDir);
}

/**
 * The program that a command names, as the kernel would look it up in the container: by path or in PATH, each first below the
 * root directory, then on the host. Throws `RunContainerError` in runc's words.
 */
export function findExecutable(command: string, options: { root: string; cwd: string; path: string }): string {
  const { root, cwd, path } = options;
  const candidates = command.includes('/')
    ? isAbsolute(command)
      ? [inside(root, command), command]
      : [resolve(cwd, command)]
    : path.split(':').flatMap((dir) => (isAbsolute(dir) ? [join(inside(root, dir), command), join(dir, command)] : []));
  let found: string | undefined;
  for (const file of candidates) {
    if (!isFile(file)) continue;
    found = file;
    if (isExecutable(file)) return file;
  }
  const why =
    found !== undefined
      ? 'permission denied'
      : command.includes('/')
        ? `stat ${command}: no such file or directory`
        : 'executable file not found in $PATH';
  throw new RuntimeError('RunContainerError', `unable to start container process: exec: ${JSON.stringify(command)}: ${why}`);
}

function link(target: string, path: string, shown: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const there = lstatSync(path, { throwIfNoEntry: false });
  try {
    if (there?.isSymbolicLink()) rmSync(path);
    else if (there?.isDirectory()) rmdirSync(path);
    else if (there?.isFile() && there.size === 0) rmSync(path);
    symlinkSync(target, path);
  } catch (cause) {
    throw new RuntimeError('CreateContainerError', `failed to mount "${target}" at "${shown}": another volume has files there`, { cause });
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
