import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../../shared/machinery/clock.ts';
import { goNetworkError, joinHostPort } from './go-error.ts';
import { MAX_OUTPUT_BYTES } from './probe.ts';

export interface HttpTarget {
  scheme: 'HTTP' | 'HTTPS';
  host: string;
  port: number;
  path: string;
  headers: readonly { readonly name: string; readonly value: string }[];
  userAgent: string;
}

export interface HttpAnswer {
  statusCode: number;
  body: string;
}

/** Redirects followed before giving up. Source: net/http defaultCheckRedirect. */
const MAX_REDIRECTS = 10;

export function targetUrl({ scheme, host, port, path }: HttpTarget): string {
  return `${scheme.toLowerCase()}://${joinHostPort(host, port)}${path.startsWith('/') ? '' : '/'}${path}`;
}

/**
 * One GET on a fresh connection, certificates not checked; redirects are followed while they stay on the same host.
 * Rejects with an Error that reads as Go's http client would put it. Source: kubernetes pkg/probe/http.
 */
export async function httpGet(target: HttpTarget, timeoutMs: number, clock: Clock): Promise<HttpAnswer> {
  const deadline = clock.monotonic() + timeoutMs;
  const start = targetUrl(target);
  let url = new URL(start);
  for (let redirects = 0; ; redirects++) {
    const { answer, location } = await get(url, target, Math.max(0, deadline - clock.monotonic()), clock, start);
    const next = location === undefined ? undefined : new URL(location, url);
    if (next === undefined || next.hostname !== url.hostname) return answer;
    if (redirects >= MAX_REDIRECTS) throw new Error(`Get ${JSON.stringify(next.href)}: stopped after ${MAX_REDIRECTS} redirects`);
    url = next;
  }
}

function get(
  url: URL,
  target: HttpTarget,
  timeoutMs: number,
  clock: Clock,
  shown: string,
): Promise<{ answer: HttpAnswer; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`Get ${JSON.stringify(shown)}: ${why}`));
    let connected = false;
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      agent: false,
      headers: headersOf(target),
      rejectUnauthorized: false,
    });
    const cancel = clock.setTimer(timeoutMs, () => {
      fail(
        connected
          ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
          : `dial tcp ${joinHostPort(target.host, target.port)}: i/o timeout`,
      );
      request.destroy();
    });
    request.once('socket', (socket) => socket.once('connect', () => (connected = true)));
    request.once('error', (error) => {
      cancel();
      fail(goNetworkError(error, target.host, target.port));
    });
    request.once('response', (response) => {
      const { statusCode = 0, headers } = response;
      readBody(response).then((body) => {
        cancel();
        request.destroy();
        const redirect = statusCode >= 300 && statusCode < 400 && statusCode !== 304;
        resolve({ answer: { statusCode, body }, location: redirect ? headers.location : undefined });
      }, reject);
    });
    request.end();
  });
}

function headersOf({ headers, userAgent }: HttpTarget): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = { 'User-Agent': userAgent, Accept: '*/*', Connection: 'close' };
  const own = new Set<string>();
  for (const { name, value } of headers) {
    const key = Object.keys(out).find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
    const before = own.has(key) ? out[key] : undefined;
    out[key] = before === undefined ? value : [before, value].flat();
    own.add(key);
  }
  return out;
}

/** Up to the kept size; the rest of a longer body is not awaited. */
async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_OUTPUT_BYTES) break;
    }
  } catch {
    // A body cut short by the server or the time limit: the status code has been read, and decides.
  }
  return Buffer.concat(chunks).subarray(0, MAX_OUTPUT_BYTES).toString('utf8');
}
