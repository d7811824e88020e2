import { mkdir } from 'node:fs/promises';
import type { DeepReadonly } from '../shared/api/meta.ts';
import type { Container, Pod } from '../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../shared/client/api-client.ts';
import { createEventRecorder } from '../shared/client/buffered-event-recorder.ts';
import type { EventRecorder } from '../shared/client/event-recorder.ts';
import type { InformerSet } from '../shared/client/informer-set.ts';
import { loadKubeconfig } from '../shared/client/kubeconfig.ts';
import { linkedAbort } from '../shared/client/linked-abort.ts';
import { createApiClient } from '../shared/client/rest-client.ts';
import { createInformerSet } from '../shared/client/shared-informer-set.ts';
import type { ComponentContext } from '../shared/component/component.ts';
import { serveHealth } from '../shared/component/health-server.ts';
import { runTasks } from '../shared/component/lifecycle.ts';
import { KUBERNETES_VERSION } from '../shared/component/version.ts';
import type { KubeletConfig } from './config.ts';
import { containerEnv } from './env/container-env.ts';
import { ApiObjectSource } from './env/object-source.ts';
import { readMachine } from './node/machine.ts';
import { NodeAgent } from './node/node-agent.ts';
import { realNode, simulatedNode } from './node/node-facts.ts';
import type { NodeFacts } from './node/node-object.ts';
import { podPaths } from './pods/pod-paths.ts';
import type { PodVolumes } from './pods/worker-deps.ts';
import type { RuntimeDriver } from './runtime/driver.ts';
import { openDriver } from './runtime/registry.ts';
import { VolumeMounter } from './volumes/mounter.ts';
import { ApiTokenSource } from './volumes/service-account-token.ts';

/** Nodes that register at the same time. */
const REGISTRATIONS = 16;
/** Events that wait when the kubelet stops get this long, ms. */
const FLUSH_MS = 1_000;

/** Anything that listens for the kubelet's API; gives the port it got. */
export type StartServer = (agents: ReadonlyMap<string, NodeAgent>, signal: AbortSignal) => Promise<{ port: number }>;

/** One real node, or with `--simulated-nodes` many simulated ones that share a watch of all pods. */
export async function runKubelet(config: KubeletConfig, context: ComponentContext): Promise<void> {
  const { log, clock, signal, health, metrics } = context;
  await mkdir(config.rootDir, { recursive: true });
  const client = createApiClient(await loadKubeconfig(config.kubeconfig), { clock, log, metrics, userAgent: `kubelet/${KUBERNETES_VERSION}` });
  const informers = createInformerSet(client, { clock, log, metrics });
  const agents = new Map<string, NodeAgent>();
  const stop = linkedAbort(signal);
  let registered = false;
  health.add('node-registered', () => (registered ? undefined : 'the node is not registered yet'), ['readyz']);
  const drivers: RuntimeDriver[] = [];
  const recorders: EventRecorder[] = [];
  try {
    const port = config.port;
    const machine = await readMachine(config.rootDir);
    const simulated = config.simulatedNodes > 0;
    const open = async (): Promise<RuntimeDriver> => {
      const driver = await openDriver(simulated ? 'simulated' : config.runtime, { rootDir: config.rootDir, clock, log });
      drivers.push(driver);
      return driver;
    };
    const first = await open();
    const facts = { options: config, machine, runtimeVersion: `${first.name}://${first.version}`, kubeletVersion: KUBERNETES_VERSION, kubeletPort: port };
    const nodes = simulated
      ? Array.from({ length: config.simulatedNodes }, (_, number) => simulatedNode(facts, config.simulatedNodePrefix, number))
      : [realNode(facts)];
    const host = nodes.length === 1 ? nodes[0]?.name : undefined;
    const recorder = createEventRecorder(client, { component: 'kubelet', ...(host === undefined ? {} : { host }), clock, log, metrics });
    recorders.push(recorder);
    const services = first.name === 'simulated' ? undefined : informers.for('services');
    for (const [number, node] of nodes.entries()) {
      const driver = number === 0 ? first : await open();
      const objects = new ApiObjectSource(client);
      agents.set(
        node.name,
        new NodeAgent({
          facts: node,
          client,
          driver,
          volumes: driver.name === 'simulated' ? NO_VOLUMES : volumesOf(node, { client, objects, config, context, services: () => services?.list() ?? [] }),
          objects,
          services: () => services?.list() ?? [],
          events: driver.name === 'simulated' ? warningsOnly(recorder) : recorder,
          paths: podPaths(config.rootDir),
          clock,
          log,
          signal: stop.signal,
        }),
      );
    }
    followPods(informers, agents);
    const { address } = await serveHealth({ host: config.healthzBindAddress, port: config.healthzPort, health, metrics }, stop.signal);
    await runTasks(
      [
        (until) => informers.run(until),
        async (until) => {
          await Promise.all([informers.waitForSync(until), ...[...agents.values()].map((agent) => agent.takeStock()), config.registerNode ? registerAll(agents, until) : undefined]);
          registered = true;
          context.ready({ health: address, port, nodes: agents.size });
          await Promise.all([beat([...agents.values()], config.nodeStatusUpdateFrequency, context, until), ...[...agents.values()].map((agent) => agent.run(until))]);
        },
      ],
      stop.signal,
    );
  } finally {
    stop.abort();
    if (config.killContainersOnExit) await Promise.all([...agents.values()].map((agent) => agent.killContainers()));
    await Promise.all(recorders.map((recorder) => recorder.flush(AbortSignal.timeout(FLUSH_MS))));
    await Promise.all(drivers.map((driver) => driver.close()));
    await client.close();
  }
}

/** One watch for all nodes of this process. */
function followPods(informers: InformerSet, agents: ReadonlyMap<string, NodeAgent>): void {
  const only = agents.size === 1 ? [...agents.keys()][0] : undefined;
  const fieldSelector = only === undefined ? 'spec.nodeName!=' : `spec.nodeName=${only}`;
  informers.for('pods', { fieldSelector }).onChange((pod, { type }) => agents.get(pod.spec.nodeName ?? '')?.pods.apply(pod, type));
}

async function registerAll(agents: ReadonlyMap<string, NodeAgent>, signal: AbortSignal): Promise<void> {
  const waiting = [...agents.values()];
  const worker = async (): Promise<void> => {
    for (let agent = waiting.shift(); agent !== undefined; agent = waiting.shift()) {
      await agent.reporter.register(signal);
      await agent.beat(signal);
    }
  };
  await Promise.all(Array.from({ length: REGISTRATIONS }, worker));
}

/** Each node beats once a period; many nodes are spread evenly over it. */
async function beat(agents: readonly NodeAgent[], periodMs: number, { clock }: ComponentContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const agent of agents) {
      await clock.sleep(periodMs / agents.length, signal);
      if (signal.aborted) return;
      void agent.beat(signal);
    }
  }
}

function volumesOf(
  node: NodeFacts,
  { client, objects, config, context, services }: { client: ApiClient; objects: ApiObjectSource; config: KubeletConfig; context: ComponentContext; services: Parameters<typeof containerEnv>[2]['services'] extends infer S ? () => S : never },
): PodVolumes {
  const { allocatable } = node.resources;
  const addresses = { podIPs: [], hostIPs: node.addresses };
  return new VolumeMounter({
    rootDir: config.rootDir,
    clock: context.clock,
    objects,
    tokens: new ApiTokenSource({ client, clock: context.clock }),
    allocatable,
    environment: (pod: DeepReadonly<Pod>, container: DeepReadonly<Container>) => containerEnv(pod, container, { services: services(), objects, addresses, allocatable }),
  });
}

/** Simulated containers read no files. */
const NO_VOLUMES: PodVolumes = { mount: async () => undefined, mounts: async () => [], unmount: async () => undefined };

/** Ten thousand simulated pods would write thirty thousand events that say what their status says. */
function warningsOnly(recorder: EventRecorder): EventRecorder {
  return {
    event: (object, type, reason, message, options) => {
      if (type === 'Warning') recorder.event(object, type, reason, message, options);
    },
    flush: (signal) => recorder.flush(signal),
  };
}
