/**
 * How long from a pod's creation to Running, on an idle cluster with one `process` node?
 *
 * One pod after another, each watched: from sending the POST to the watch event that shows phase Running. Compared with spawning the
 * same program directly in the same run, which no kubelet can beat. ms.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startCluster } from '../test/support/real-cluster.ts';
import { summary } from './statistics.ts';

const PODS = 200;
const WARM_UP = 5;

const cluster = await startCluster();
const { client } = cluster;
const stop = new AbortController();
const running = new Map<string, (at: number) => void>();
const { metadata } = await client.list('pods', { namespace: 'default' });
const watching = (async () => {
  for await (const { type, object } of client.watch(
    'pods',
    { namespace: 'default', resourceVersion: metadata.resourceVersion },
    stop.signal,
  ))
    if (type === 'MODIFIED' && object.status.phase === 'Running') running.get(object.metadata.name)?.(performance.now());
})().catch(() => undefined);
const createdToRunning: number[] = [];
for (let i = 0; i < PODS + WARM_UP; i++) {
  const name = `p${i}`;
  const seen = new Promise<number>((resolve) => running.set(name, resolve));
  const started = performance.now();
  await client.create('pods', {
    metadata: { name, namespace: 'default' },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'sleep', command: ['sleep', '600'] }] },
  });
  const at = await seen;
  if (i >= WARM_UP) createdToRunning.push(at - started);
  await client.delete('pods', `default/${name}`, { gracePeriodSeconds: 0 });
}
stop.abort();
await watching;
await cluster.destroy();

const spawned: number[] = [];
for (let i = 0; i < PODS; i++) {
  const started = performance.now();
  const child = spawn('sleep', ['600']);
  await once(child, 'spawn');
  spawned.push(performance.now() - started);
  child.kill('SIGKILL');
  await once(child, 'exit');
}
console.log(
  JSON.stringify({ bench: 'pod-start', pods: PODS, createdToRunningMs: summary(createdToRunning), bareSpawnMs: summary(spawned) }),
);
