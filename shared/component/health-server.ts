import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

import { answerHealth, type HealthChecks } from './health.ts';
import type { MetricsRegistry } from './metrics.ts';

export interface HealthServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Serves HTTPS where given. */
  tls?: SecureContextOptions;
  health: HealthChecks;
  metrics: MetricsRegistry;
}

/** Serves `/healthz /livez /readyz /metrics` until `signal` aborts; resolves once it listens, with `host:port`. */
export async function serveHealth(
  { host, port, tls, health, metrics }: HealthServerOptions,
  signal: AbortSignal,
): Promise<{ address: string }> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => handle(request, response, health, metrics);
  const server = tls === undefined ? createServer(answer) : (await import('node:https')).createServer(tls, answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  const { address, port: bound, family } = server.address() as AddressInfo;
  return { address: family === 'IPv6' ? `[${address}]:${bound}` : `${address}:${bound}` };
}

function handle({ method, url = '/' }: IncomingMessage, response: ServerResponse, checks: HealthChecks, metrics: MetricsRegistry): void {
  const [path = '/', query] = url.split('?', 2);
  const send = (code: number, body: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(code, { 'content-type': type, 'x-content-type-options': 'nosniff', 'content-length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
  };
  if (method !== 'GET' && method !== 'HEAD') send(405, 'method not allowed\n');
  else if (path === '/metrics') send(200, metrics.render(), 'text/plain; version=0.0.4; charset=utf-8');
  else {
    const answer = answerHealth(checks, path, new URLSearchParams(query)) ?? { code: 404, body: '404 page not found\n' };
    send(answer.code, answer.body);
  }
}
