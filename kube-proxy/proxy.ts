import { hostname } from 'node:os';
import { loadKubeconfig } from '../shared/client/kubeconfig.ts';
import { createApiClient } from '../shared/client/rest-client.ts';
import { createInformerSet } from '../shared/client/shared-informer-set.ts';
import type { ComponentContext } from '../shared/component/component.ts';
import { serveHealth } from '../shared/component/health-server.ts';
import { runTasks } from '../shared/component/lifecycle.ts';
import { KUBERNETES_VERSION } from '../shared/component/version.ts';
import type { ProxyConfig } from './config.ts';
import { UserspaceProxier } from './modes/userspace/userspace-proxier.ts';
import type { Proxier } from './proxier.ts';
import { ServiceFollower } from './service-follower.ts';

/** kube-proxy: informers → plan of one service → proxier, for each service that changed. */
export async function runProxy(config: ProxyConfig, context: ComponentContext): Promise<void> {
  const { log, clock, signal, health, metrics } = context;
  const client = createApiClient(await loadKubeconfig(config.kubeconfig), {
    clock,
    log,
    metrics,
    userAgent: `kube-proxy/${KUBERNETES_VERSION}`,
  });
  const informers = createInformerSet(client, { clock, log, metrics });
  const proxier = createProxier(config, context);
  const follower = new ServiceFollower({
    services: informers.for('services'),
    slices: informers.for('endpointslices', { labelSelector: '!service.kubernetes.io/headless' }),
    nodes: informers.for('nodes'),
    proxier,
    nodePortRanges: config.nodeportAddresses,
    nodeName: config.hostnameOverride ?? hostname(),
    clock,
    metrics,
  });
  let synced = false;
  health.add('sync', () => (synced ? undefined : 'services are not synced yet'), ['readyz']);
  const { address } = await serveHealth({ host: config.healthzBindAddress, port: config.healthzPort, health, metrics }, signal);
  try {
    await runTasks(
      [
        (until) => informers.run(until),
        async (until) => {
          await informers.waitForSync(until);
          await follower.run(until, () => {
            synced = true;
            context.ready({ address, mode: proxier.mode });
          });
        },
      ],
      signal,
    );
  } finally {
    await proxier.close();
    await client.close();
  }
}

function createProxier({ proxyMode, udpTimeout }: ProxyConfig, { clock, log, metrics }: ComponentContext): Proxier {
  if (proxyMode !== 'auto' && proxyMode !== 'userspace')
    throw new Error(`--proxy-mode must be userspace or auto, got ${JSON.stringify(proxyMode)}`);
  return new UserspaceProxier({ clock, log, metrics, udpTimeoutMs: udpTimeout });
}
