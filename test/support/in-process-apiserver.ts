import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runApiServer } from '../../apiserver/apiserver.ts';
import { API_SERVER_OPTIONS, type ApiServerConfig } from '../../apiserver/config.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { ClientConfig } from '../../shared/client/kubeconfig.ts';
import { createApiClient } from '../../shared/client/rest-client.ts';
import { createHealthRegistry } from '../../shared/component/health.ts';
import { createLogger } from '../../shared/component/logging.ts';
import { createMetricsRegistry } from '../../shared/component/metrics.ts';
import { parseOptions } from '../../shared/component/options.ts';
import { type Clock, realClock } from '../../shared/machinery/clock.ts';

export interface InProcessApiServer {
  /** Of its Unix socket, on which everybody is the administrator. */
  socket: string;
  /** How clients of components under test connect. */
  clientConfig: ClientConfig;
  client: ApiClient;
  /** The directory of the server's files; gone after `stop`. */
  directory: string;
  stop(): Promise<void>;
}

export interface InProcessOptions {
  storage?: 'memory' | 'level';
  clock?: Clock;
  /** More or other options, by their camel-case names. */
  config?: Partial<ApiServerConfig>;
}

/** A whole API server in this process, on a Unix socket in a directory of its own. */
export async function startApiServer(options: InProcessOptions = {}): Promise<InProcessApiServer> {
  const { storage = 'memory', clock = realClock } = options;
  const directory = await mkdtemp(join(tmpdir(), 'kubernetus-'));
  const socket = join(directory, 'apiserver.sock');
  const signingKey = join(directory, 'sa.key');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  await writeFile(signingKey, privateKey);
  const config: ApiServerConfig = {
    ...parseOptions(API_SERVER_OPTIONS, [], {}),
    storage,
    dataDir: join(directory, 'store'),
    unixSocket: socket,
    serviceAccountSigningKeyFile: signingKey,
    ...options.config,
  };
  const stopped = new AbortController();
  const log = createLogger('apiserver', { level: 'silent' });
  const running = { done: Promise.resolve() };
  await new Promise<void>((resolve, reject) => {
    const context = { log, clock, signal: stopped.signal, health: createHealthRegistry(), metrics: createMetricsRegistry(), ready: () => resolve() };
    running.done = runApiServer(config, context);
    running.done.catch(reject);
  });
  const clientConfig: ClientConfig = { server: 'http://localhost', socketPath: socket };
  const client = createApiClient(clientConfig, { clock, userAgent: 'test/v1.36.0' });
  return {
    socket,
    clientConfig,
    client,
    directory,
    stop: async () => {
      await client.close();
      stopped.abort();
      await running.done;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
