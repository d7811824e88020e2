import type { Clock } from '../../../shared/machinery/clock.ts';
import type { ContainerId } from '../driver.ts';
import { CONTAINER_VARIABLE } from './environment.ts';
import { listProcesses, signalProcess, startedWith } from './proc.ts';

/** Kills every process that was started by one of these containers, also those that left its process group or session. */
export function killMarked(containers: ReadonlySet<ContainerId>): void {
  for (const { id, pid } of markedProcesses()) if (containers.has(id)) signalProcess(pid, 'SIGKILL');
}

/** All processes of this machine that carry a container's id, and whether they lead a session. */
export function markedProcesses(): { id: ContainerId; pid: number; leader: boolean }[] {
  return listProcesses().flatMap(({ pid, session, zombie }) => {
    const id = zombie || pid === process.pid ? undefined : startedWith(pid, CONTAINER_VARIABLE);
    return id === undefined ? [] : [{ id, pid, leader: pid === session }];
  });
}

/** Kills what is left of a process group whose leader has ended and waits until it is gone, `limitMs` at most. */
export async function awaitGroupGone(group: number, clock: Clock, limitMs: number): Promise<void> {
  const until = clock.monotonic() + limitMs;
  const never = new AbortController().signal;
  while (signalProcess(-group, 0) && clock.monotonic() < until) {
    const members = listProcesses().filter((process) => process.group === group);
    if (process.platform === 'linux' && members.every(({ zombie }) => zombie)) return; // waiting for their parent, not for us
    signalProcess(-group, 'SIGKILL');
    await clock.sleep(5, never);
  }
}
