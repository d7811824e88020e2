import { readdirSync, readFileSync } from 'node:fs';

/** One process as `/proc/<pid>/stat` shows it. */
export interface ProcessInfo {
  pid: number;
  parent: number;
  group: number;
  session: number;
  zombie: boolean;
  /** Clock ticks between the machine's boot and its start: with the pid, what tells a process from a later one of the same number. */
  startTicks: number;
  cpuTicks: number;
  residentPages: number;
}

/** Kernel clock ticks a second. Source: USER_HZ, 100 on every Linux that Node runs on. */
export const TICKS_PER_SECOND = 100;
export const PAGE_BYTES = 4096;

/** undefined: no such process, or no `/proc` on this system. */
export function readProcess(pid: number): ProcessInfo | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name in brackets may hold blanks and brackets itself, so the fields start after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (index: number): number => Number(fields[index] ?? 0);
  return {
    pid,
    zombie: fields[0] === 'Z' || fields[0] === 'X',
    parent: number(1),
    group: number(2),
    session: number(3),
    cpuTicks: number(11) + number(12),
    startTicks: number(19),
    residentPages: number(21),
  };
}

/** Whether that very process still runs; without `/proc` a reused pid cannot be told apart. */
export function isAlive(pid: number, startTicks: number): boolean {
  const info = readProcess(pid);
  if (info !== undefined) return !info.zombie && (startTicks === 0 || info.startTicks === startTicks);
  return process.platform !== 'linux' && signalProcess(pid, 0);
}

/** Every process of the machine; empty without `/proc`. */
export function listProcesses(): ProcessInfo[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.flatMap((name) => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []));
}

/** The value of a variable that the process was started with; undefined where it has none or may not be read. */
export function startedWith(pid: number, variable: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return undefined;
  }
  const entry = text.split('\0').find((line) => line.startsWith(`${variable}=`));
  return entry?.slice(variable.length + 1);
}

/** Sends a signal (0 only asks); `pid` below 0 is a whole process group. False: nobody there to get it. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

let boot: string | undefined;

/** Changes with every start of the machine; '' where the system does not say. */
export function bootId(): string {
  try {
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    boot = '';
  }
  return boot;
}
