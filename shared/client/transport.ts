import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import type { Clock } from '../machinery/clock.ts';
import { onAbort } from '../machinery/on-abort.ts';
import type { ClientConfig } from './kubeconfig.ts';
import { resumeFirst } from './resume-first.ts';

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  signal?: AbortSignal | undefined;
  /** The answer has no end: it gets a connection of its own and no time limit between bytes. */
  endless?: boolean;
}

export interface Transport {
  /** What the errors and metrics call the server. */
  readonly host: string;
  send(request: TransportRequest): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** Open requests that are not watches, unless told otherwise; more wait. A connection costs 2 to 4 ms of TLS handshake and some 50 KiB. */
const MAX_CONNECTIONS = 16;
/** Without an answer's first byte for this long, a request has failed, ms. Source: client-go's default request timeout of controllers. */
const HEADERS_TIMEOUT_MS = 60_000;
/** How long a token read from a file is used, ms. Source: client-go transport.cachingTokenSource (1 min). */
const TOKEN_FILE_MS = 60_000;

/** Connections to one API server. Requests and watches have separate pools, so that watches never make requests wait; both share TLS sessions. */
export function createTransport(config: ClientConfig, clock: Clock, maxConnections = MAX_CONNECTIONS): Transport {
  const url = new URL(config.server);
  const prefix = url.pathname.replace(/\/$/, '');
  const connect = connector(config, url, clock);
  const common = { connect, pipelining: 1, headersTimeout: HEADERS_TIMEOUT_MS };
  const requests = new Pool(url.origin, { ...common, connections: maxConnections, bodyTimeout: HEADERS_TIMEOUT_MS });
  const watches = new Pool(url.origin, { ...common, connections: null, bodyTimeout: 0 });
  const authorization = authorizer(config, clock);
  return {
    host: config.socketPath ?? url.host,
    async send({ method, path, headers, body, signal, endless }) {
      const authorized = authorization === undefined ? headers : { ...headers, authorization: await authorization() };
      const pool = endless === true ? watches : requests;
      // `reset`: by default the connection of a DELETE with a body is not used again.
      const abort = signal === undefined ? undefined : abortWith(signal);
      try {
        const options = {
          method,
          path: prefix + path,
          headers: authorized,
          body: body ?? null,
          signal: abort?.signal ?? null,
          reset: false,
        };
        const response = await pool.request(options);
        response.body.once('close', () => abort?.unlink());
        return response;
      } catch (error) {
        abort?.unlink();
        throw error;
      }
    },
    async close() {
      await Promise.all([requests.destroy(), watches.destroy()]);
    },
  };
}

/** A signal for one request: thousands of requests may share the caller's. */
function abortWith(parent: AbortSignal): { signal: AbortSignal; unlink: () => void } {
  const controller = new AbortController();
  if (parent.aborted) controller.abort(parent.reason);
  return { signal: controller.signal, unlink: onAbort(parent, () => controller.abort(parent.reason)) };
}

function connector(config: ClientConfig, url: URL, clock: Clock): buildConnector.connector {
  const { ca, cert, key, socketPath, tlsServerName, insecureSkipTlsVerify } = config;
  const secure = url.protocol === 'https:';
  const connect = buildConnector({
    timeout: 5_000,
    keepAlive: true,
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(secure
      ? {
          maxCachedSessions: 100,
          // Parsed once, not per connection.
          secureContext: createSecureContext({
            ...(ca === undefined ? {} : { ca }),
            ...(cert === undefined ? {} : { cert }),
            ...(key === undefined ? {} : { key }),
          }),
          rejectUnauthorized: insecureSkipTlsVerify !== true,
          ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
        }
      : {}),
  });
  return secure ? resumeFirst(connect, clock) : connect;
}

function authorizer({ token, tokenFile }: ClientConfig, clock: Clock): (() => Promise<string>) | undefined {
  if (tokenFile === undefined) return token === undefined ? undefined : async () => `Bearer ${token}`;
  let value = '';
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.monotonic() - readAt > TOKEN_FILE_MS) {
      const text = await readFile(tokenFile, 'utf8');
      value = `Bearer ${text.trim()}`;
      readAt = clock.monotonic();
    }
    return value;
  };
}
