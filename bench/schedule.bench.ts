/**
 * How fast are 2,000 pods created and bound on 100 simulated nodes?
 *
 * From the first POST (32 at a time) until the last pod has a node, as a watch sees it. Kubelets run, so statuses are written meanwhile.
 */
import { startCluster } from '../test/support/real-cluster.ts';
import { load, round } from './statistics.ts';

const [NODES, PODS] = [100, 2_000];

const cluster = await startCluster(['--nodes', '0', '--simulated-nodes', String(NODES)]);
const { client } = cluster;
const stop = new AbortController();
const bound = new Set<string>();
let finish: () => void = () => undefined;
const allBound = new Promise<void>((resolve) => {
  finish = resolve;
});
const { metadata } = await client.list('pods', { namespace: 'default' });
const watching = (async () => {
  for await (const { type, object } of client.watch(
    'pods',
    { namespace: 'default', resourceVersion: metadata.resourceVersion },
    stop.signal,
  )) {
    if (type !== 'MODIFIED' || !object.spec.nodeName) continue;
    bound.add(object.metadata.name);
    if (bound.size === PODS) finish();
  }
})().catch(() => undefined);
const started = performance.now();
const created = await load(PODS, 32, (i) =>
  client.create('pods', {
    metadata: { name: `p${i}`, namespace: 'default', labels: { app: `a${i % 20}` } },
    spec: { containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '10m', memory: '16Mi' } } }] },
  }),
);
await allBound;
const wallMs = performance.now() - started;
stop.abort();
await watching;
await cluster.destroy();
console.log(
  JSON.stringify({
    bench: 'schedule',
    nodes: NODES,
    pods: PODS,
    createdPerSecond: round((PODS / created.wallMs) * 1000),
    createdAndBoundPerSecond: round((PODS / wallMs) * 1000),
  }),
);
