/**
 * How many writes a second, each durable before it is answered, and how near is that to what the parts allow?
 *
 * Create of a ConfigMap (1 kB) and of a pod, strategic merge patch of a pod, delete of a pod, over 32 TLS connections to an API server on
 * LevelDB. Beside it in the same rounds: a bare HTTPS server that puts the same bytes into a bare LevelDB in synced batches, and that bare
 * LevelDB alone, without a network, with 32 writers. Median of the rounds per second; each request's ms.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { CONNECTIONS, startApiServer, startBareStore } from './api-harness.ts';
import { load, round as rounded, summary } from './statistics.ts';

const [ROUNDS, OBJECTS] = [10, 1000];
const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';
const STRATEGIC = 'application/strategic-merge-patch+json';
const data = { pad: 'x'.repeat(700) };
const spec = { containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.9', resources: { requests: { cpu: '10m', memory: '16Mi' } } }] };

const api = await startApiServer();
const bareStore = await startBareStore();
const directory = mkdtempSync(join(tmpdir(), 'kubernetus-bench-'));
const level = groupedLevel(new Level<string, Buffer>(directory, { valueEncoding: 'buffer' }));
/** A ConfigMap as the API server stores and answers it. */
let stored = Buffer.alloc(0);
const steps: Record<string, (name: string) => Promise<unknown>> = {
  bareHttpsAndLevel: () => bareStore.call('POST', MAPS, JSON.parse(String(stored))),
  bareLevel: (name) => level.put(name, stored),
  createConfigMap: (name) => api.call('POST', MAPS, { metadata: { name }, data }),
  createPod: (name) => api.call('POST', PODS, { metadata: { name, labels: { app: 'a' } }, spec }),
  patchPod: (name) => api.call('PATCH', `${PODS}/${name}`, { metadata: { annotations: { a: name } } }, STRATEGIC),
  deletePod: (name) => api.call('DELETE', `${PODS}/${name}?gracePeriodSeconds=0`),
};
stored = Buffer.from(await api.call('POST', MAPS, { metadata: { name: 'sample' }, data }));
const rates = new Map<string, number[]>();
const times = new Map<string, number[]>();
for (let round = -1; round < ROUNDS; round++) {
  for (const [step, work] of Object.entries(steps)) {
    const { wallMs, eachMs } = await load(OBJECTS, CONNECTIONS, (i) => work(`r${round + 1}-${i}`));
    if (round < 0) continue; // to warm up
    rates.set(step, [...(rates.get(step) ?? []), (OBJECTS / wallMs) * 1000]);
    times.set(step, [...(times.get(step) ?? []), ...eachMs]);
  }
}
const results = Object.fromEntries(
  Object.keys(steps).map((step) => [step, { perSecond: summary(rates.get(step) ?? []).median, ms: summary(times.get(step) ?? []) }]),
);
const share = (bare: string): number => rounded((results.createConfigMap?.perSecond ?? 0) / (results[bare]?.perSecond ?? 1));
console.log(
  JSON.stringify({
    bench: 'api-write',
    connections: CONNECTIONS,
    createShareOfBareHttpsAndLevel: share('bareHttpsAndLevel'),
    createShareOfBareLevel: share('bareLevel'),
    ...results,
  }),
);
await Promise.all([api.stop(), bareStore.stop(), level.close()]);
rmSync(directory, { recursive: true });

/** Puts that come while a batch is being synced go out together in the next one. */
function groupedLevel(db: Level<string, Buffer>): { put(key: string, value: Buffer): Promise<void>; close(): Promise<void> } {
  let waiting: { key: string; value: Buffer; done: () => void }[] = [];
  let writing = false;
  const flush = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await db.batch(
        group.map(({ key, value }) => ({ type: 'put' as const, key, value })),
        { sync: true },
      );
      for (const { done } of group) done();
    }
    writing = false;
  };
  return {
    put: (key, value) =>
      new Promise((resolve) => {
        waiting.push({ key, value, done: resolve });
        if (!writing) void flush();
      }),
    close: () => db.close(),
  };
}
