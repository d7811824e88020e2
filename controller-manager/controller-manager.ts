import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { createEventRecorder } from '../shared/client/buffered-event-recorder.ts';
import type { EventRecorder } from '../shared/client/event-recorder.ts';
import { type ClientConfig, loadKubeconfig } from '../shared/client/kubeconfig.ts';
import { runLeaderElection } from '../shared/client/leader-election.ts';
import { createApiClient } from '../shared/client/rest-client.ts';
import { createInformerSet } from '../shared/client/shared-informer-set.ts';
import type { ComponentContext } from '../shared/component/component.ts';
import { serveHealth } from '../shared/component/health-server.ts';
import { runTasks } from '../shared/component/lifecycle.ts';
import { KUBERNETES_VERSION } from '../shared/component/version.ts';
import { runController } from '../shared/controller/run-controller.ts';
import type { ControllerManagerConfig } from './config.ts';
import { CONTROLLERS, type ControllerContext, type ControllerSetup, enabledControllers } from './controllers.ts';

/** The controller manager: one set of warm informers, and the enabled controllers on it while this process leads. */
export async function runControllerManager(config: ControllerManagerConfig, context: ComponentContext): Promise<void> {
  const clientConfig = await loadKubeconfig(config.kubeconfig);
  const rootCa = config.rootCaFile === undefined ? clientConfig.ca : await readFile(config.rootCaFile, 'utf8');
  await runControllers(config, { ...context, clientConfig, rootCa });
}

/** The same with a connection that is known already. */
export async function runControllers(
  config: Omit<ControllerManagerConfig, 'kubeconfig'>,
  context: ComponentContext & { clientConfig: ClientConfig; rootCa: string | undefined },
): Promise<void> {
  const { log, clock, signal, health, metrics, clientConfig, rootCa } = context;
  const names = enabledControllers(config.controllers);
  const client = createApiClient(clientConfig, { clock, log, metrics, userAgent: `kube-controller-manager/${KUBERNETES_VERSION}` });
  const informers = createInformerSet(client, { clock, log, metrics });
  const recorders = new Map<string, EventRecorder>();
  const recorder = (component: string): EventRecorder => {
    const known = recorders.get(component) ?? createEventRecorder(client, { component, clock, log, metrics });
    recorders.set(component, known);
    return known;
  };
  const deps: ControllerContext = { client, informers, clock, log, config: { kubeconfig: '', ...config }, rootCa, recorder };
  const setups = names.map((name) => CONTROLLERS[name]?.(deps)).filter((setup) => setup !== undefined);

  let synced = false;
  health.add('informer-sync', () => (synced ? undefined : 'caches are not synced yet'), ['readyz']);
  const { address } = await serveHealth({ host: config.bindAddress, port: config.securePort, health, metrics }, signal);
  const ready = once(() => context.ready({ address }));
  const lead = async (leading: AbortSignal): Promise<void> => {
    const running = runTasks(
      setups.flatMap((setup) => tasksOf(setup, { ...deps, metrics })),
      leading,
    );
    ready();
    return running;
  };
  const identity = config.leaderElectIdentity ?? `${hostname()}_${randomUUID()}`;
  const leaseName = config.leaderElectResourceName;
  const namespace = config.leaderElectResourceNamespace;
  const onNewLeader = (leader: string): void => {
    if (leader !== identity) ready(); // a stand-by that is ready to take over
  };
  try {
    await runTasks(
      [
        (until) => informers.run(until),
        async (until) => {
          await informers.waitForSync(until);
          synced = true;
          if (!config.leaderElect) return lead(until);
          return runLeaderElection(
            { client, clock, log, metrics, identity, leaseName, namespace, onStartedLeading: lead, onNewLeader },
            until,
          );
        },
      ],
      signal,
    );
  } finally {
    await Promise.all([...recorders.values()].map((each) => each.flush(AbortSignal.timeout(2_000))));
    await client.close();
  }
}

type TaskDeps = Pick<ControllerContext, 'informers' | 'clock' | 'log'> & Pick<ComponentContext, 'metrics'>;

function tasksOf(
  { reconciler, workers, run, waitForSync }: ControllerSetup,
  { informers, clock, log, metrics }: TaskDeps,
): ((signal: AbortSignal) => Promise<void>)[] {
  const sync = {
    waitForSync: async (signal: AbortSignal) => {
      await informers.waitForSync(signal);
      await waitForSync?.(signal);
    },
  };
  const work = (signal: AbortSignal): Promise<void> => runController(reconciler, { informers: sync, workers, clock, log, metrics }, signal);
  return run === undefined ? [work] : [work, run];
}

function once(fn: () => void): () => void {
  let done = false;
  return () => {
    if (!done) fn();
    done = true;
  };
}
