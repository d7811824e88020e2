import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ContainerId, ContainerSpec, ContainerState, ExitReason, SandboxId, SandboxSpec } from '../driver.ts';

/** What survives the kubelet about a sandbox: `sandbox.json` in its directory. */
export interface SandboxRecord {
  id: SandboxId;
  spec: SandboxSpec;
  createdAt: number;
  stopped: boolean;
}

/** What survives the kubelet about a container: `container.json` in its directory. Times in ms since the epoch, 0 is not yet. */
export interface ContainerRecord {
  id: ContainerId;
  spec: ContainerSpec;
  state: ContainerState;
  createdAt: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: ExitReason | '';
  message: string;
  /** Leads the container's session and process group. 0: not started. */
  pid: number;
  startTicks: number;
  bootId: string;
  /** SIGKILL was or is about to be sent: an end without an exit code is ours. */
  killed: boolean;
}

/** One root directory's ids are never another's: a copy of a cluster's data has the same pods, and processes are found by these ids. */
export function sandboxId(rootDir: string, { podUid, attempt }: SandboxSpec): SandboxId {
  return createHash('sha256')
    .update(`${resolve(rootDir)}\n${podUid}/${attempt}`)
    .digest('hex');
}

export function containerId(sandbox: SandboxId, name: string, attempt: number): ContainerId {
  return createHash('sha256').update(`${sandbox}/${name}/${attempt}`).digest('hex');
}

/** Where a driver with this root directory keeps things. */
export const paths = {
  pods: (rootDir: string): string => join(rootDir, 'pods'),
  sandbox: (rootDir: string, { podUid, attempt }: SandboxSpec): string => join(rootDir, 'pods', segment(podUid), `sandbox-${attempt}`),
  container: (sandboxDir: string, { name, attempt }: ContainerSpec): string =>
    join(sandboxDir, 'containers', `${segment(name)}-${attempt}`),
};

export function saveRecord(dir: string, file: 'sandbox.json' | 'container.json', record: SandboxRecord | ContainerRecord): void {
  const temporary = join(dir, `.${file}`);
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 }); // it holds the environment, so perhaps secrets
  renameSync(temporary, join(dir, file));
}

export function makePrivateDirectory(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
}

/** undefined: the directory was left half-made or does not belong to us. */
export function loadRecord<T extends SandboxRecord | ContainerRecord>(dir: string, file: 'sandbox.json' | 'container.json'): T | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, file), 'utf8')) as T;
  } catch {
    return undefined;
  }
}

export function listDirectories(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? join(dir, entry.name) : []));
  } catch {
    return [];
  }
}

/** A name that came from outside as one segment of a path. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) throw new Error(`"${name}" cannot be a directory's name`);
  return name;
}
