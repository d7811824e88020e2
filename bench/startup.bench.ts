/**
 * How long from `./kubernetus up` to a Ready node, one node, everything built?
 *
 * Cold: an empty data directory, so certificates and the store are made. Warm: the same directory again. `reported` is what `up` prints
 * (from the launcher's first step), `whole` the time of the command as the user sees it, shell and launcher included. ms.
 */
import { run, startCluster } from '../test/support/real-cluster.ts';
import { summary } from './statistics.ts';

const REPEATS = 10;

await run('./kubernetus', ['help']); // builds
await (await startCluster()).destroy(); // fills the code caches
await new Promise((resolve) => setTimeout(resolve, 1_000));
const cold: number[] = [];
const coldReported: number[] = [];
const warmReported: number[] = [];
for (let i = 0; i < REPEATS; i++) {
  const cluster = await startCluster();
  cold.push(cluster.upMs);
  await cluster.kubernetus('down');
  const again = await cluster.kubernetus('up', '--detach');
  warmReported.push(reported(again.stdout));
  await cluster.kubernetus('down');
  await run('rm', ['-rf', cluster.dataDir]);
  const fresh = await cluster.kubernetus('up', '--detach', '--port', String(cluster.port));
  coldReported.push(reported(fresh.stdout));
  await cluster.destroy();
}
console.log(
  JSON.stringify({
    bench: 'startup',
    repeats: REPEATS,
    coldWholeMs: summary(cold),
    coldReportedMs: summary(coldReported),
    warmReportedMs: summary(warmReported),
  }),
);

function reported(text: string): number {
  return Number(/ready in (\d+) ms/.exec(text)?.[1]);
}
