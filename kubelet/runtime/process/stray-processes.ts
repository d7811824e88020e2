import type { Clock } from '../../../shared/machinery/clock.ts';
import type { ContainerId } from '../driver.ts';
import { CONTAINER_VARIABLE } from './environment.ts';
import { listProcesses, type ProcessInfo, signalProcess, startedWith } from './proc.ts';

/** Kills every process that was started by one of these containers, also those that left its process group or session. */
export function killMarked(containers: ReadonlySet<ContainerId>): number[] {
  const pids = markedProcesses().flatMap(({ id, pid }) => (containers.has(id) ? [pid] : []));
  for (const pid of pids) signalProcess(pid, 'SIGKILL');
  return pids;
}

/** As above, until there are none, `limitMs` at most. */
export async function eradicate(containers: ReadonlySet<ContainerId>, clock: Clock, limitMs: number): Promise<void> {
  const until = clock.monotonic() + limitMs;
  const never = new AbortController().signal;
  for (let pids = killMarked(containers); pids.length > 0 && clock.monotonic() < until; pids = killMarked(containers))
    await clock.sleep(5, never);
}

/** All processes of this machine that carry a container's id, and whether they lead a session. */
export function markedProcesses(): { id: ContainerId; pid: number; leader: boolean }[] {
  return listProcesses().flatMap(({ pid, session, zombie }) => {
    const id = zombie || pid === process.pid ? undefined : startedWith(pid, CONTAINER_VARIABLE);
    return id === undefined ? [] : [{ id, pid, leader: pid === session }];
  });
}

/** The machine's processes, read at most every few ms: many containers that end together share one look. */
export class ProcessTable {
  readonly #clock: Clock;
  #readAt = Number.NEGATIVE_INFINITY;
  #processes: ProcessInfo[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  recent(): readonly ProcessInfo[] {
    if (this.#clock.monotonic() - this.#readAt > MAX_AGE_MS) {
      this.#processes = listProcesses();
      this.#readAt = this.#clock.monotonic();
    }
    return this.#processes;
  }
}

const MAX_AGE_MS = 10;

/** Kills what is left of a process group whose leader has ended and waits until it is gone, `limitMs` at most. */
export async function awaitGroupGone(
  group: number,
  { clock, processes }: { clock: Clock; processes: ProcessTable },
  limitMs: number,
): Promise<void> {
  const begin = clock.monotonic();
  const never = new AbortController().signal;
  for (let pause = 1; signalProcess(-group, 'SIGKILL') && clock.monotonic() - begin < limitMs; pause = Math.min(2 * pause, 50)) {
    await clock.sleep(pause, never);
    if (pause < 4 || process.platform !== 'linux') continue;
    // Zombies count as members; they may wait for long for a parent that is not ours.
    if (processes.recent().every(({ group: other, zombie }) => other !== group || zombie)) return;
  }
}
