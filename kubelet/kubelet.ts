import { mkdir, readFile } from 'node:fs/promises';
import type { Service } from '../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../shared/api/meta.ts';
import type { ApiClient } from '../shared/client/api-client.ts';
import { createEventRecorder } from '../shared/client/buffered-event-recorder.ts';
import type { EventRecorder } from '../shared/client/event-recorder.ts';
import type { InformerSet } from '../shared/client/informer-set.ts';
import { type ClientConfig, loadKubeconfig } from '../shared/client/kubeconfig.ts';
import { linkedAbort } from '../shared/client/linked-abort.ts';
import { createApiClient } from '../shared/client/rest-client.ts';
import { createInformerSet } from '../shared/client/shared-informer-set.ts';
import type { ComponentContext } from '../shared/component/component.ts';
import type { HealthChecks } from '../shared/component/health.ts';
import { serveHealth } from '../shared/component/health-server.ts';
import { runTasks } from '../shared/component/lifecycle.ts';
import { KUBERNETES_VERSION } from '../shared/component/version.ts';
import type { KubeletConfig } from './config.ts';
import { nodeEnv } from './env/node-env.ts';
import { ApiObjectSource } from './env/object-source.ts';
import { DriverGroup } from './node/driver-group.ts';
import { readMachine } from './node/machine.ts';
import { NodeAgent } from './node/node-agent.ts';
import { realNode, simulatedNode } from './node/node-facts.ts';
import { RENEW_MS } from './node/node-lease.ts';
import type { NodeFacts } from './node/node-object.ts';
import { podPaths } from './pods/pod-paths.ts';
import type { PodVolumes } from './pods/worker-deps.ts';
import type { RuntimeDriver } from './runtime/driver.ts';
import { openDriver } from './runtime/registry.ts';
import { KubeletServer } from './server/server.ts';
import { VolumeMounter } from './volumes/mounter.ts';
import { ApiTokenSource } from './volumes/service-account-token.ts';

/** Nodes that register at the same time. */
const REGISTRATIONS = 16;
/** Events that wait when the kubelet stops get this long, ms. */
const FLUSH_MS = 1_000;

interface Parts {
  config: KubeletConfig;
  context: ComponentContext;
  client: ApiClient;
  events: EventRecorder;
  services(): readonly DeepReadonly<Service>[];
}

/**
 * One real node, or with `--simulated-nodes` many simulated ones that share one watch of pods. `connection` in place of `--kubeconfig` is
 * for those who run several components in one process.
 */
export async function runKubelet(config: KubeletConfig, outer: ComponentContext, connection?: ClientConfig): Promise<void> {
  const stop = linkedAbort(outer.signal);
  const context = { ...outer, signal: stop.signal };
  const { log, clock, signal, health, metrics } = context;
  await mkdir(config.rootDir, { recursive: true });
  const machine = await readMachine(config.rootDir);
  const client = createApiClient(connection ?? (await loadKubeconfig(config.kubeconfig)), {
    clock,
    log,
    metrics,
    userAgent: `kubelet/${KUBERNETES_VERSION}`,
  });
  const informers = createInformerSet(client, { clock, log, metrics });
  const many = config.simulatedNodes > 0;
  const open = (): Promise<RuntimeDriver> => openDriver(many ? 'simulated' : config.runtime, { rootDir: config.rootDir, clock, log });
  const drivers = [await open()];
  const agents = new Map<string, NodeAgent>();
  const nodeName = config.nodeName ?? config.hostnameOverride ?? machine.hostname;
  const [driver] = drivers as [RuntimeDriver];
  const events = createEventRecorder(client, {
    component: 'kubelet',
    ...(many ? {} : { host: nodeName }),
    clock,
    log,
    metrics,
  });
  let registered = false;
  health.add('node-registered', () => (registered ? undefined : 'the node is not registered yet'), ['readyz']);
  try {
    const services = driver.name === 'simulated' ? undefined : informers.for('services');
    const parts: Parts = { config, context, client, events, services: () => services?.list() ?? [] };
    const facts = {
      options: { ...config, nodeIp: nodeAddresses(config) },
      machine,
      runtimeVersion: `${driver.name}://${driver.version}`,
      kubeletVersion: KUBERNETES_VERSION,
    };
    if (many) while (drivers.length < config.simulatedNodes) drivers.push(await open());
    const kubeletPort = await listen(parts, { agents, driver: many ? new DriverGroup(drivers) : driver, nodeName });
    for (const [number, one] of drivers.entries()) {
      const inputs = { ...facts, kubeletPort };
      addAgent(agents, parts, many ? simulatedNode(inputs, config.simulatedNodePrefix, number) : realNode(inputs), one);
    }
    follow(informers, agents);
    const { address } = await serveHealth({ host: config.healthzBindAddress, port: config.healthzPort, health, metrics }, signal);
    const all = [...agents.values()];
    await runTasks(
      [
        (until) => informers.run(until),
        async (until) => {
          const stocked = Promise.all([informers.waitForSync(until), ...all.map((agent) => agent.takeStock())]);
          await Promise.all([stocked, config.registerNode ? registerAll(all, until) : undefined]);
          registered = true;
          context.ready({ address: `${config.address}:${kubeletPort}`, health: address, nodes: all.length });
          await Promise.all([
            beat(all, Math.min(config.nodeStatusUpdateFrequency, RENEW_MS), context, until),
            ...all.map((agent) => agent.run(until)),
          ]);
        },
      ],
      signal,
    );
  } finally {
    stop.abort();
    if (config.killContainersOnExit) await Promise.all([...agents.values()].map((agent) => agent.killContainers()));
    await events.flush(AbortSignal.timeout(FLUSH_MS));
    await Promise.all(drivers.map((one) => one.close()));
    await client.close();
  }
}

/** Where the API server reaches the kubelet, unless told: where its API listens, or with none the machine's address. */
function nodeAddresses({ nodeIp, address }: KubeletConfig): string[] {
  return nodeIp.length > 0 || address === '0.0.0.0' || address === '::' ? nodeIp : [address];
}

function addAgent(
  agents: Map<string, NodeAgent>,
  { config, context, client, events, services }: Parts,
  facts: NodeFacts,
  driver: RuntimeDriver,
): void {
  const { clock, log, signal } = context;
  const objects = new ApiObjectSource(client);
  const simulated = driver.name === 'simulated';
  const { allocatable } = facts.resources;
  const volumes = (): PodVolumes =>
    new VolumeMounter({
      rootDir: config.rootDir,
      clock,
      objects,
      tokens: new ApiTokenSource({ client, clock }),
      allocatable,
      environment: nodeEnv({ hostIPs: facts.addresses, allocatable, objects, services }),
    });
  const agent = new NodeAgent({
    facts,
    client,
    driver,
    volumes: simulated ? NO_VOLUMES : volumes(),
    objects,
    services,
    events: simulated ? warningsOnly(events) : events,
    paths: podPaths(config.rootDir),
    clock,
    log,
    signal,
  });
  agents.set(facts.name, agent);
}

/** Serves the kubelet's API where it was given certificates; resolves to its port. */
async function listen(
  { config, context }: Parts,
  options: { agents: ReadonlyMap<string, NodeAgent>; driver: RuntimeDriver; nodeName: string },
): Promise<number> {
  const { clock, log, health, metrics, signal } = context;
  const { tlsCertFile, tlsPrivateKeyFile, clientCaFile } = config;
  if (tlsCertFile === undefined || tlsPrivateKeyFile === undefined || clientCaFile === undefined) {
    log.warn({}, 'no certificate, key and client CA given: logs and exec are not served');
    return config.port;
  }
  const [cert, key, clientCa] = await Promise.all([tlsCertFile, tlsPrivateKeyFile, clientCaFile].map((file) => readFile(file, 'utf8')));
  const server = new KubeletServer({
    host: config.address,
    port: config.port,
    tls: { cert: cert ?? '', key: key ?? '', clientCa: clientCa ?? '' },
    nodeName: options.nodeName,
    pods: { pods: () => [...options.agents.values()].flatMap((agent) => agent.pods.pods()) },
    driver: options.driver,
    clock,
    log,
    health: health as HealthChecks,
    metrics,
    config,
  });
  const { address } = await server.listen(signal);
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** One watch of pods and one of Nodes for all nodes of this process. */
function follow(informers: InformerSet, agents: ReadonlyMap<string, NodeAgent>): void {
  const only = agents.size === 1 ? [...agents.keys()][0] : undefined;
  const fieldSelector = only === undefined ? 'spec.nodeName!=' : `spec.nodeName=${only}`;
  informers.for('pods', { fieldSelector }).onChange((pod, { type }) => agents.get(pod.spec.nodeName ?? '')?.pods.apply(pod, type));
  informers
    .for('nodes', only === undefined ? {} : { fieldSelector: `metadata.name=${only}` })
    .onChange((node, { type }) => type !== 'deleted' && agents.get(node.metadata.name)?.reporter.observe(node));
}

async function registerAll(agents: readonly NodeAgent[], signal: AbortSignal): Promise<void> {
  const waiting = [...agents];
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
