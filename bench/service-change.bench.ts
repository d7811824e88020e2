/**
 * How soon is a change of a Service live?
 *
 * A Service without a selector points to a local server through an EndpointSlice; the slice is moved between two servers. ms from sending
 * the change to the first new connection through the ClusterIP that the other server answers.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { startCluster } from '../test/support/real-cluster.ts';
import { summary } from './statistics.ts';

const [CHANGES, WARM_UP] = [60, 5];

const cluster = await startCluster();
const { client } = cluster;
const servers = await Promise.all(['a', 'b'].map(listen));
const service = await client.create('services', { metadata: { name: 'moving', namespace: 'default' }, spec: { ports: [{ port: 8080 }] } });
let slice = await client.create('endpointslices', {
  metadata: { name: 'moving', namespace: 'default', labels: { 'kubernetes.io/service-name': 'moving' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
  ports: [{ port: servers[0]?.port ?? 0 }],
});
const ip = service.spec.clusterIP ?? '';
while ((await greeting(ip)) !== 'a') await turn();
const delays: number[] = [];
for (let i = 0; i < CHANGES + WARM_UP; i++) {
  const next = servers[(i + 1) % 2];
  const started = performance.now();
  slice = await client.update('endpointslices', { ...slice, ports: [{ port: next?.port ?? 0 }] });
  while ((await greeting(ip)) !== next?.name) await turn();
  if (i >= WARM_UP) delays.push(performance.now() - started);
}
console.log(JSON.stringify({ bench: 'service-change', changes: CHANGES, liveAfterMs: summary(delays) }));
for (const { close } of servers) close();
await cluster.destroy();

async function listen(name: string): Promise<{ name: string; port: number; close: () => void }> {
  const server = createServer((socket) => socket.end(name)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { name, port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

/** What answers on the service; '' when nothing does. */
async function greeting(host: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    connect(8080, host)
      .on('data', (data) => {
        text += String(data);
      })
      .on('end', () => resolve(text))
      .on('error', () => resolve(''));
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
