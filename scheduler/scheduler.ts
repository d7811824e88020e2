import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createEventRecorder } from '../shared/client/buffered-event-recorder.ts';
import { type ClientConfig, loadKubeconfig } from '../shared/client/kubeconfig.ts';
import { runLeaderElection } from '../shared/client/leader-election.ts';
import { createApiClient } from '../shared/client/rest-client.ts';
import { createInformerSet } from '../shared/client/shared-informer-set.ts';
import type { ComponentContext } from '../shared/component/component.ts';
import { serveHealth } from '../shared/component/health-server.ts';
import { runTasks } from '../shared/component/lifecycle.ts';
import { KUBERNETES_VERSION } from '../shared/component/version.ts';
import type { SchedulerConfig } from './config.ts';
import { defaultPlugins } from './plugins/registry.ts';
import { followCluster } from './pod-events.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { SchedulingLoop } from './scheduling-loop.ts';
import { ClusterState } from './state/cluster-state.ts';

/**
 * The scheduler: informers feed state and queue, the loop gives pods their nodes while this process leads. `connection` is what the
 * kubeconfig says, for callers that have it already.
 */
export async function runScheduler(config: SchedulerConfig, context: ComponentContext, connection?: ClientConfig): Promise<void> {
  const { log, clock, signal, health, metrics } = context;
  const client = createApiClient(connection ?? (await loadKubeconfig(config.kubeconfig)), {
    clock,
    log,
    metrics,
    userAgent: `kube-scheduler/${KUBERNETES_VERSION}`,
  });
  const informers = createInformerSet(client, { clock, log, metrics });
  const events = createEventRecorder(client, { component: config.schedulerName, clock, log, metrics });
  const state = new ClusterState();
  const queue = new SchedulingQueue(clock);
  followCluster({ pods: informers.for('pods'), nodes: informers.for('nodes'), state, queue, schedulerName: config.schedulerName });
  const deps = {
    client,
    queue,
    state,
    plugins: defaultPlugins(),
    events,
    clock,
    log,
    metrics,
    random: Math.random,
    parallelBindings: config.parallelBindings,
  };

  const pending = metrics.gauge('scheduler_pending_pods', 'Number of pending pods, by the queue type', ['queue']);
  metrics.onScrape(() => {
    for (const [part, size] of Object.entries(queue.sizes)) pending.set(size, { queue: part });
  });
  let synced = false;
  health.add('informer-sync', () => (synced ? undefined : 'caches are not synced yet'), ['readyz']);
  const { address } = await serveHealth({ host: config.bindAddress, port: config.securePort, health, metrics }, signal);
  const lead = async (leading: AbortSignal): Promise<void> => new SchedulingLoop(deps).run(leading);
  try {
    await runTasks(
      [
        (until) => informers.run(until),
        async (until) => {
          await informers.waitForSync(until);
          synced = true;
          if (!config.leaderElect) {
            context.ready({ address });
            return lead(until);
          }
          const election = runLeaderElection(
            {
              client,
              clock,
              log,
              metrics,
              identity: config.leaderElectIdentity ?? `${hostname()}_${randomUUID()}`,
              leaseName: config.leaderElectResourceName,
              namespace: config.leaderElectResourceNamespace,
              onStartedLeading: lead,
            },
            until,
          );
          context.ready({ address });
          return election;
        },
      ],
      signal,
    );
  } finally {
    await events.flush(AbortSignal.timeout(2_000));
    await client.close();
  }
}
