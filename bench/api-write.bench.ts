/**
 * How many writes a second, each durable before it is answered?
 *
 * Create of a ConfigMap (1 kB) and of a pod, strategic merge patch of a pod, delete of a pod, over 32 TLS connections to an API server on
 * LevelDB. Median of the rounds per second; each request's ms. What LevelDB alone can do is the subject of storage-write.
 */
import { CONNECTIONS, startApiServer } from './api-harness.ts';
import { load, summary } from './statistics.ts';

const [ROUNDS, OBJECTS] = [10, 1000];
const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';
const STRATEGIC = 'application/strategic-merge-patch+json';
const data = { pad: 'x'.repeat(700) };
const spec = { containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.9', resources: { requests: { cpu: '10m', memory: '16Mi' } } }] };

const api = await startApiServer();
const steps: Record<string, (name: string) => Promise<unknown>> = {
  createConfigMap: (name) => api.call('POST', MAPS, { metadata: { name }, data }),
  createPod: (name) => api.call('POST', PODS, { metadata: { name, labels: { app: 'a' } }, spec }),
  patchPod: (name) => api.call('PATCH', `${PODS}/${name}`, { metadata: { annotations: { a: name } } }, STRATEGIC),
  deletePod: (name) => api.call('DELETE', `${PODS}/${name}?gracePeriodSeconds=0`),
};
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
console.log(JSON.stringify({ bench: 'api-write', connections: CONNECTIONS, ...results }));
await api.stop();
