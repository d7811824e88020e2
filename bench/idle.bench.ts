/**
 * What do all processes of an idle cluster with one node cost?
 *
 * After ten seconds to settle: CPU time over a minute, as a share of one core, and resident memory (RSS) and the part of it that no
 * other process shares (PSS). MiB.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { startCluster } from '../test/support/real-cluster.ts';
import { round } from './statistics.ts';

const [SETTLE_MS, MEASURE_MS] = [10_000, 60_000];
const TICKS_PER_SECOND = 100;

const cluster = await startCluster();
await pause(SETTLE_MS);
const pids = processes(cluster.dataDir);
const before = pids.map(({ pid }) => cpuTicks(pid));
await pause(MEASURE_MS);
const rows = pids.map(({ pid, name }, i) => ({
  name,
  cpuPercent: round(((cpuTicks(pid) - (before[i] ?? 0)) / TICKS_PER_SECOND / (MEASURE_MS / 1000)) * 100),
  rssMiB: round(memoryKiB(pid, 'Rss') / 1024),
  pssMiB: round(memoryKiB(pid, 'Pss') / 1024),
}));
const sum = (key: 'cpuPercent' | 'rssMiB' | 'pssMiB'): number => round(rows.reduce((total, row) => total + row[key], 0));
console.log(
  JSON.stringify({
    bench: 'idle',
    seconds: MEASURE_MS / 1000,
    total: { cpuPercentOfACore: sum('cpuPercent'), rssMiB: sum('rssMiB'), pssMiB: sum('pssMiB') },
    processes: Object.fromEntries(rows.map(({ name, ...figures }) => [name, figures])),
  }),
);
await cluster.destroy();

/** Every process with the data directory in its command line: supervisor and components. */
function processes(dataDir: string): { pid: number; name: string }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
        if (Number(entry) === process.pid || !words.some((word) => word.includes(dataDir))) return [];
        const boot = words.findIndex((word) => word.endsWith('boot.cjs') || word.endsWith('.cjs'));
        return [{ pid: Number(entry), name: words[boot + 1] ?? entry }];
      } catch {
        return [];
      }
    });
}

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function memoryKiB(pid: number, field: 'Rss' | 'Pss'): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
