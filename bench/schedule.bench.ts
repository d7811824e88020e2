/**
 * How fast are 2,000 pods created and bound on 100 simulated nodes?
 *
 * From the first POST (32 at a time) until the last pod has a node, as a watch sees it; kubelets run and write statuses meanwhile. A round
 * to warm up, then the median of the others; the pods of a round are deleted before the next. The warm-up's own figure is given as `cold`.
 */
import { startCluster } from '../test/support/real-cluster.ts';
import { load, round, summary } from './statistics.ts';

const [NODES, PODS, ROUNDS] = [100, 2_000, 5];

const cluster = await startCluster(['--nodes', '0', '--simulated-nodes', String(NODES)]);
const { client } = cluster;
const stop = new AbortController();
const bound = new Set<string>();
const gone = new Set<string>();
let changed: () => void = () => undefined;
const { metadata } = await client.list('pods', { namespace: 'default' });
const watching = (async () => {
  for await (const { type, object } of client.watch(
    'pods',
    { namespace: 'default', resourceVersion: metadata.resourceVersion },
    stop.signal,
  )) {
    if (type === 'DELETED') gone.add(object.metadata.name);
    else if (type === 'MODIFIED' && object.spec.nodeName) bound.add(object.metadata.name);
    changed();
  }
})().catch(() => undefined);
const until = async (set: ReadonlySet<string>): Promise<void> => {
  while (set.size < PODS)
    await new Promise<void>((resolve) => {
      changed = resolve;
    });
};
const created: number[] = [];
const createdAndBound: number[] = [];
for (let i = 0; i <= ROUNDS; i++) {
  bound.clear();
  gone.clear();
  const started = performance.now();
  const { wallMs } = await load(PODS, 32, (pod) =>
    client.create('pods', {
      metadata: { name: `r${i}-${pod}`, namespace: 'default', labels: { app: `a${pod % 20}` } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '10m', memory: '16Mi' } } }],
      },
    }),
  );
  await until(bound);
  createdAndBound.push((PODS / (performance.now() - started)) * 1000);
  created.push((PODS / wallMs) * 1000);
  await client.deleteCollection('pods', { namespace: 'default' }, { gracePeriodSeconds: 0 });
  await until(gone);
}
stop.abort();
await watching;
await cluster.destroy();
console.log(
  JSON.stringify({
    bench: 'schedule',
    nodes: NODES,
    pods: PODS,
    rounds: ROUNDS,
    createdPerSecond: summary(created.slice(1)).median,
    createdAndBoundPerSecond: summary(createdAndBound.slice(1)).median,
    cold: { createdPerSecond: round(created[0] ?? 0), createdAndBoundPerSecond: round(createdAndBound[0] ?? 0) },
  }),
);
