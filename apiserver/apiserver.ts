import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ResourceInfo } from '../shared/api/scheme.ts';
import type { ComponentContext } from '../shared/component/component.ts';
import type { Logger } from '../shared/component/logging.ts';
import { AdmissionChain } from './admission/chain.ts';
import { enabledPlugins } from './admission/plugins.ts';
import { Authenticator } from './auth/authenticate.ts';
import { Authorizer } from './auth/authorize.ts';
import { EscalationCheck } from './auth/escalation-check.ts';
import { RBAC_RESOURCES, RbacAuthorizer } from './auth/rbac-authorizer.ts';
import { ServiceAccountTokens } from './auth/service-account-token.ts';
import { parseTokenFile } from './auth/token-file.ts';
import { bootstrap, keepKubernetesService } from './bootstrap.ts';
import type { ApiServerConfig } from './config.ts';
import { DefinitionController } from './custom-resources/definition-controller.ts';
import { closeServer, heldUntil, type ListenOptions, listenOnPort, listenOnSocket, onlyLocal, plainServer, tlsServer } from './listen.ts';
import { parsePortRange } from './registry/node-port.ts';
import { ResourceRegistry } from './registry/resource-registry.ts';
import { createServiceAllocators } from './registry/service-allocators.ts';
import { SharedLease } from './registry/shared-lease.ts';
import { strategyFor } from './registry/strategies/strategies.ts';
import { requestMetrics } from './request-metrics.ts';
import { discoveryRoutes } from './routes/discovery.ts';
import { healthRoutes } from './routes/health.ts';
import { KubeletConnection, type KubeletCredentials } from './routes/kubelet-connection.ts';
import { passUpgrade, refuseUpgrade } from './routes/node-proxy.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { ResourceRoutes } from './routes/resource-routes.ts';
import { specialRoutes } from './routes/special-routes.ts';
import { admit, createServer, isProbe } from './server.ts';
import type { StorageBackend } from './storage/backend.ts';
import { Compactor } from './storage/compactor.ts';
import { LeaseKeeper } from './storage/lease-keeper.ts';
import { LevelBackend } from './storage/level-backend.ts';
import { MemoryBackend } from './storage/memory-backend.ts';
import { WatchCache } from './storage/watch-cache.ts';

/** How long running requests may take to finish once the server is to stop, ms. */
const STOP_MS = 10_000;

/** Runs the API server until `context.signal` aborts or its storage fails. */
export async function runApiServer(config: ApiServerConfig, context: ComponentContext): Promise<void> {
  const { clock, log, signal, health, metrics } = context;
  const backend = await openBackend(config, context);
  const stopping = new AbortController(); // also when the storage fails
  setMaxListeners(0, stopping.signal); // every watch has one
  const following = new AbortController(); // ends after the last request
  try {
    const cache = new WatchCache(backend);
    let storageFailure: unknown;
    await cache.start(ResourceRegistry.cachedResources(), following.signal, (error) => {
      storageFailure = error;
      stopping.abort();
    });
    const services = createServiceAllocators({
      cidr: config.serviceClusterIpRange,
      nodePortRange: parsePortRange(config.serviceNodePortRange),
      random: Math.random,
    });
    const leases = new LeaseKeeper({ backend, clock, log, newId: randomUUID });
    const housekeeping = Promise.all([leases.run(stopping.signal), new Compactor({ backend, clock, log }).run(stopping.signal)]);
    housekeeping.catch((error: unknown) => {
      storageFailure ??= error;
      stopping.abort();
    });
    const events = new SharedLease(leases, clock, config.eventTtl);
    const eventLease = (): Promise<string> => events.id();
    const registry = new ResourceRegistry({
      cache,
      clock,
      random: Math.random,
      uid: randomUUID,
      strategyFor,
      services,
      eventLease,
      metrics,
    });
    const rbac = config.authorizationMode === 'AlwaysAllow' ? undefined : rbacOver(registry);
    registry.open(new AdmissionChain([...enabledPlugins(config, { random: Math.random, clock }), new EscalationCheck(rbac)], registry));
    const serviceAccounts = await serviceAccountTokens(config, context);
    const tokens = parseTokenFile(config.tokenAuthFile === undefined ? '' : await readFile(config.tokenAuthFile, 'utf8'));
    const authenticator = new Authenticator({ tokens, serviceAccounts, reader: registry, anonymous: config.anonymousAuth });
    const authorizer = new Authorizer(rbac);
    const app = createServer({ log, authenticator, authorizer, observe: requestMetrics(metrics) });
    const watches = { cache, clock, random: Math.random, stopping: stopping.signal };
    const kubelets = new KubeletConnection(await kubeletCredentials(config), registry);
    const special = specialRoutes({ ...watches, registry, kubelets, authenticator, authorizer, serviceAccounts, uid: randomUUID });
    new ResourceRoutes({ ...watches, registry, authorizer, special }).register(app);
    const resources = (): readonly ResourceInfo[] => registry.resources();
    await app.register(discoveryRoutes, { resources });
    await app.register(openApiRoutes, { resources, customSchema: (info) => registry.custom.schema(info) });
    healthRoutes(app, { health, metrics });
    await app.ready();
    const upgrade: ListenOptions['upgrade'] = (request, socket, head) => {
      passUpgrade({ registry, kubelets, stopping: stopping.signal }, () => admit(request, { authenticator, authorizer }), {
        request,
        socket,
        head,
      }).catch((error: unknown) => refuseUpgrade(socket, error));
    };
    // Whoever connects early waits, for without the bootstrap roles he would be refused.
    const opening = new AbortController();
    const listen = heldUntil(aborted(opening.signal), { handler: app.routing, upgrade }, isProbe);
    let started = false;
    health.add('poststarthook/bootstrap', () => (started ? undefined : 'not finished'), ['readyz']);
    health.add('etcd', () => (storageFailure === undefined ? undefined : String(storageFailure)));
    health.add('shutdown', () => (stopping.signal.aborted ? 'process is shutting down' : undefined), ['readyz']);
    const { servers, facts, port } = await openListeners(config, { listen, authenticator, log });
    const basics = {
      registry,
      serviceAddress: services.firstAddress,
      rbac: authorizer.rbac !== undefined,
      address: config.advertiseAddress ?? reachableAddress(config.bindAddress),
      port,
    };
    await bootstrap(basics);
    const definitions = new DefinitionController({
      store: registry.store('customresourcedefinitions'),
      resources: registry.custom,
      clock,
      log,
    }).run(stopping.signal);
    opening.abort();
    const keeping = keepKubernetesService(basics, { ...context, signal: stopping.signal });
    started = true;
    context.ready(facts);
    await Promise.race([aborted(signal), aborted(stopping.signal)]);
    stopping.abort();
    const cut = new AbortController();
    const deadline = clock.sleep(STOP_MS, cut.signal);
    await Promise.all(servers.map((server) => closeServer(server, deadline)));
    cut.abort();
    kubelets.close();
    await app.close();
    await keeping;
    await definitions;
    await housekeeping.catch(() => {}); // is in storageFailure
    if (storageFailure !== undefined) throw storageFailure;
  } finally {
    stopping.abort();
    following.abort();
    await backend.close();
  }
}

interface Listeners {
  servers: Server[];
  facts: Record<string, string | number>;
  /** Of HTTPS; 0 without. */
  port: number;
}

/** Listens on all that the configuration names; throws if that is nothing. */
async function openListeners(
  config: ApiServerConfig,
  { listen, authenticator, log }: { listen: ListenOptions; authenticator: Authenticator; log: Logger },
): Promise<Listeners> {
  const servers: Server[] = [];
  const facts: Record<string, string | number> = {};
  let port = 0;
  if (config.tlsCertFile !== undefined && config.tlsPrivateKeyFile !== undefined) {
    const [cert, key] = await Promise.all([readFile(config.tlsCertFile), readFile(config.tlsPrivateKeyFile)]);
    const ca = config.clientCaFile === undefined ? undefined : await readFile(config.clientCaFile);
    const server = tlsServer(listen, { cert, key, ca });
    servers.push(server);
    port = await listenOnPort(server, config.securePort, config.bindAddress);
    facts.address = `${isIPv6(config.bindAddress) ? `[${config.bindAddress}]` : config.bindAddress}:${port}`;
  }
  if (config.unixSocket !== undefined) {
    const server = plainServer(listen, (socket) => authenticator.trust(socket));
    servers.push(server);
    await listenOnSocket(server, config.unixSocket);
    facts.socket = config.unixSocket;
  }
  if (config.insecureHttp !== undefined) {
    const server = plainServer(onlyLocal(listen), (socket) => authenticator.trust(socket));
    servers.push(server);
    facts.insecureHttp = `127.0.0.1:${await listenOnPort(server, config.insecureHttp, '127.0.0.1')}`;
    log.warn({ address: facts.insecureHttp }, 'plain HTTP without credentials: every program on this machine is an administrator');
  }
  if (servers.length === 0)
    throw new Error('nothing to listen on: give --tls-cert-file and --tls-private-key-file, --unix-socket or --insecure-http');
  return { servers, facts, port };
}

/** The bind address, or where that is every address the first that others can reach. */
function reachableAddress(bindAddress: string): string {
  if (bindAddress !== '0.0.0.0' && bindAddress !== '::') return bindAddress;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

function openBackend(config: ApiServerConfig, { clock }: ComponentContext): Promise<StorageBackend> {
  if (config.storage === 'memory') return Promise.resolve(new MemoryBackend({ clock, clusterId: randomUUID() }));
  if (config.storage !== 'level') throw new Error(`--storage ${JSON.stringify(config.storage)} must be "level" or "memory"`);
  return LevelBackend.open({ directory: config.dataDir, clock, newId: randomUUID });
}

async function serviceAccountTokens(config: ApiServerConfig, { clock }: ComponentContext): Promise<ServiceAccountTokens> {
  const { serviceAccountSigningKeyFile: signing, serviceAccountKeyFile: files, serviceAccountIssuer: issuer } = config;
  return new ServiceAccountTokens({
    issuer,
    signingKey: signing === undefined ? undefined : await readFile(signing, 'utf8'),
    verificationKeys: await Promise.all(files.map((file) => readFile(file, 'utf8'))),
    clock,
  });
}

async function kubeletCredentials(config: ApiServerConfig): Promise<KubeletCredentials> {
  const { kubeletClientCertificate: cert, kubeletClientKey: key, kubeletCertificateAuthority: ca } = config;
  return {
    ...(cert !== undefined && { cert: await readFile(cert) }),
    ...(key !== undefined && { key: await readFile(key) }),
    ...(ca !== undefined && { ca: await readFile(ca) }),
  };
}

function rbacOver(registry: ResourceRegistry): RbacAuthorizer {
  return new RbacAuthorizer(registry, () => Math.max(...RBAC_RESOURCES.map((id) => registry.store(id).objects.changedRevision)));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
