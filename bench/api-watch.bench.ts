/**
 * How many events a second reach 20 watchers, and how late?
 *
 * 500 ConfigMaps (1 kB) are created over 32 TLS connections while 20 others watch; every watcher must see every one of them. Events
 * delivered per second, and ms from sending the request to each arrival. The rate of creation limits the rate of events.
 */
import { CONNECTIONS, startApiServer } from './api-harness.ts';
import { load, summary } from './statistics.ts';

const [WATCHERS, EVENTS, ROUNDS] = [20, 500, 10];
const PATH = '/api/v1/namespaces/default/configmaps';
const data = { pad: 'x'.repeat(700) };

const api = await startApiServer();
const rates: number[] = [];
const delays: number[] = [];
for (let round = -1; round < ROUNDS; round++) {
  const run = `r${round + 1}`;
  const { metadata } = JSON.parse(String(await api.call('GET', `${PATH}?limit=1`))) as { metadata: { resourceVersion: string } };
  const sent = new Map<string, number>();
  const late: number[] = [];
  let finish = (): void => {};
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const seen = (line: string): void => {
    const at = sent.get(/"name":"([^"]+)"/.exec(line)?.[1] ?? '');
    if (at !== undefined && late.push(performance.now() - at) === WATCHERS * EVENTS) finish();
  };
  const path = `${PATH}?watch=1&resourceVersion=${metadata.resourceVersion}&labelSelector=run%3D${run}`;
  const stops = await Promise.all(Array.from({ length: WATCHERS }, () => api.watch(path, seen)));
  const started = performance.now();
  await load(EVENTS, CONNECTIONS, (i) => {
    const name = `${run}-${i}`;
    sent.set(name, performance.now());
    return api.call('POST', PATH, { metadata: { name, labels: { run } }, data });
  });
  await all;
  const elapsed = performance.now() - started;
  for (const stop of stops) stop();
  if (round < 0) continue; // to warm up
  rates.push((late.length / elapsed) * 1000);
  delays.push(...late);
}
console.log(
  JSON.stringify({
    bench: 'api-watch',
    watchers: WATCHERS,
    events: EVENTS,
    eventsPerSecond: summary(rates).median,
    delayMs: summary(delays),
  }),
);
await api.stop();
