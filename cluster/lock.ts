import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { ClusterError } from './cluster-error.ts';
import type { DataDir } from './data-dir.ts';

/** Holds the data directory for this process; throws ClusterError while another live process holds it. Returns what lets go. */
export function lockDataDir(dir: DataDir): () => void {
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = openSync(dir.lock, 'wx', 0o600);
      writeSync(fd, JSON.stringify({ pid: process.pid, started: startTime(process.pid) }));
      closeSync(fd);
      return () => rmSync(dir.lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = lockHolder(dir);
      if (holder !== undefined || attempt > 2)
        throw new ClusterError(
          `a cluster already runs from ${dir.root} (pid ${holder ?? 'unknown'}): stop it with \`./kubernetus down\`, or choose another --data-dir and --port`,
        );
      rmSync(dir.lock, { force: true });
    }
  }
}

/** The pid of the live process that holds the directory. */
export function lockHolder(dir: DataDir): number | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(dir.lock, 'utf8')) as { pid: number; started: string };
    process.kill(pid, 0);
    return startTime(pid) === started ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Tells a process from a later one with the same pid; '' where the system does not say. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
