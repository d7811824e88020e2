/**
 * How near do reads come to a bare Node HTTPS server that sends the same bytes?
 *
 * GET of one pod and LIST of 2,000 pods over 32 TLS connections, alternating in rounds with the bare server. Requests per second, and
 * each request's ms. Client and server share the machine, so the client's limit is part of both figures.
 */
import { CONNECTIONS, startApiServer, startBareServer } from './api-harness.ts';
import { load, round, summary } from './statistics.ts';

const [PODS, ROUNDS, GETS, LISTS] = [2000, 10, 2000, 32];
const PATH = '/api/v1/namespaces/default/pods';

const api = await startApiServer();
await load(PODS, CONNECTIONS, (i) =>
  api.call('POST', PATH, {
    metadata: { name: `p${i}`, labels: { app: `a${i % 50}` } },
    spec: { containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.9', resources: { requests: { cpu: '10m', memory: '16Mi' } } }] },
  }),
);
const bareOne = await startBareServer(await api.call('GET', `${PATH}/p0`));
const bareList = await startBareServer(await api.call('GET', PATH));
const get = await compare(
  GETS,
  (i) => api.call('GET', `${PATH}/p${i % PODS}`),
  (i) => bareOne.call('GET', `${PATH}/p${i % PODS}`),
);
const list = await compare(
  LISTS,
  () => api.call('GET', PATH),
  () => bareList.call('GET', PATH),
);
console.log(JSON.stringify({ bench: 'api-read', connections: CONNECTIONS, pods: PODS, get, list }));
await Promise.all([api, bareOne, bareList].map((server) => server.stop()));

async function compare(count: number, ours: (i: number) => Promise<unknown>, bare: (i: number) => Promise<unknown>): Promise<object> {
  const rates: [number[], number[]] = [[], []];
  const times: [number[], number[]] = [[], []];
  for (let round = -1; round < ROUNDS; round++) {
    for (const [which, call] of [ours, bare].entries()) {
      const { wallMs, eachMs } = await load(count, CONNECTIONS, call);
      if (round < 0) continue; // to warm up
      rates[which as 0 | 1].push((count / wallMs) * 1000);
      times[which as 0 | 1].push(...eachMs);
    }
  }
  const [own, other] = rates.map((list) => summary(list).median);
  return {
    perSecond: own,
    barePerSecond: other,
    shareOfBare: round((own ?? 0) / (other ?? 1)),
    ms: summary(times[0]),
    bareMs: summary(times[1]),
  };
}
