import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
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
  /** One request as the administrator, answered by its code, headers and body (parsed if it is JSON). */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** What it said when it was ready. */
  facts: Record<string, string | number>;
  /** The directory of the server's files; gone after `stop`. */
  directory: string;
  stop(): Promise<void>;
}

export interface Answer {
  code: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into
  json: any;
}

export interface InProcessOptions {
  storage?: 'memory' | 'level';
  clock?: Clock;
  /** Uses this directory and leaves it behind, for tests that start a server again. */
  directory?: string;
  /** More or other options, by their camel-case names. */
  config?: Partial<ApiServerConfig>;
}

/** A whole API server in this process, on a Unix socket in a directory of its own. */
export async function startApiServer(options: InProcessOptions = {}): Promise<InProcessApiServer> {
  const { storage = 'memory', clock = realClock } = options;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'kubernetus-')));
  const socket = join(directory, 'apiserver.sock');
  const signingKey = join(directory, 'sa.key');
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(signingKey, privateKey);
  const config: ApiServerConfig = {
    ...parseOptions(API_SERVER_OPTIONS, [], {}),
    storage,
    dataDir: join(directory, 'store'),
    unixSocket: socket,
    serviceAccountSigningKeyFile: signingKey,
    disableAdmissionPlugins: ['ServiceAccount'], // no controller makes the accounts
    ...options.config,
  };
  const stopped = new AbortController();
  const log = createLogger('apiserver', { level: 'silent' });
  const running = { done: Promise.resolve() };
  const facts = await new Promise<Record<string, string | number>>((resolve, reject) => {
    const context = {
      log,
      clock,
      signal: stopped.signal,
      health: createHealthRegistry(),
      metrics: createMetricsRegistry(),
      ready: (said?: Record<string, string | number>) => resolve(said ?? {}),
    };
    running.done = runApiServer(config, context);
    running.done.catch(reject);
  });
  const clientConfig: ClientConfig = { server: 'http://localhost', socketPath: socket };
  const agent = new Agent({ keepAlive: true });
  const client = createApiClient(clientConfig, { clock, userAgent: 'test/v1.36.0' });
  return {
    socket,
    clientConfig,
    client,
    facts,
    call: (method, path, body, headers = {}) => send({ socketPath: socket, method, path, headers, agent }, body),
    directory,
    stop: async () => {
      agent.destroy();
      await client.close();
      stopped.abort();
      await running.done;
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Sends one request; a body that is neither text nor bytes goes as JSON. */
export function send(options: RequestOptions, body?: unknown, start: typeof request = request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const headers = {
      ...(raw !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(raw) }),
      ...options.headers,
    };
    const sent = start({ ...options, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        let json: unknown;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ code: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    sent.on('error', reject);
    sent.end(raw);
  });
}
