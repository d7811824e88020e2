import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import {
  ApiError,
  badRequest,
  failure,
  internalError,
  methodNotAllowed,
  pathNotFound,
  type Status,
} from '../../shared/machinery/api-error.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import type { RequestFacts } from '../server.ts';
import type { Call } from './call.ts';
import type { KubeletAddress, KubeletConnection } from './kubelet-connection.ts';
import { readBool } from './list-query.ts';
import type { RequestInfo } from './request-info.ts';

export interface NodeProxyDeps {
  registry: ResourceRegistry;
  kubelets: KubeletConnection;
  /** Aborted when the server stops; ends every stream. */
  stopping: AbortSignal;
}

/** `GET …/pods/NAME/log`: the kubelet's stream, passed on as it comes. */
export async function podLog(call: Call, { registry, kubelets, stopping }: NodeProxyDeps): Promise<unknown> {
  if (call.request.method !== 'GET') throw methodNotAllowed();
  const pod = podOf(registry, call.info);
  const container = containerOf(pod, call.query.get('container') ?? '');
  const address = kubelets.addressOfPod(pod);
  const query = new URLSearchParams();
  for (const name of ['follow', 'previous', 'timestamps']) if (readBool(call.query, name) === true) query.set(name, 'true');
  for (const name of ['sinceSeconds', 'sinceTime', 'tailLines', 'limitBytes', 'stream']) {
    const value = call.query.get(name);
    if (value !== null && value !== '') query.set(name, value);
  }
  const { namespace = '', name } = pod.metadata;
  const parts = [namespace, name, container].map(encodeURIComponent).join('/');
  const answer = await kubelets.request(address, { method: 'GET', path: `/containerLogs/${parts}?${query}` });
  if ((answer.statusCode ?? 500) >= 300) throw await refusalOf(answer);
  const { reply } = call;
  const end = (): void => void answer.destroy();
  stopping.addEventListener('abort', end, { once: true });
  reply.raw.once('close', () => {
    stopping.removeEventListener('abort', end);
    end();
  });
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': answer.headers['content-type'] ?? 'text/plain', 'cache-control': 'no-cache, private' });
  reply.raw.flushHeaders();
  answer.on('error', () => reply.raw.destroy());
  answer.pipe(reply.raw);
  return reply;
}

const STREAMS = new Set(['exec', 'attach', 'portforward']);

/** Exec, attach and port-forward without `Upgrade`. */
export async function upgradeRequired({ request }: Call): Promise<never> {
  if (request.method !== 'GET' && request.method !== 'POST') throw methodNotAllowed();
  throw badRequest('Upgrade request required');
}

/** Passes an upgraded connection (WebSocket or SPDY) through to the kubelet, byte for byte. `admit` lets the request in or throws. */
export async function passUpgrade(
  { registry, kubelets, stopping }: NodeProxyDeps,
  admit: () => RequestFacts,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
): Promise<void> {
  const { info, query } = admit();
  if (info === undefined || info.group !== '') throw pathNotFound();
  const { address, path } = upgradeTarget(registry, kubelets, info, query, request.url ?? '');
  const upstream = await kubelets.connect(address);
  const end = (): void => {
    stopping.removeEventListener('abort', end);
    socket.destroy();
    upstream.destroy();
  };
  stopping.addEventListener('abort', end, { once: true });
  for (const side of [socket, upstream]) side.on('error', end).on('close', end);
  upstream.setNoDelay(true);
  upstream.write(requestHead(request, path, address));
  if (head.length > 0) upstream.write(head);
  upstream.pipe(socket);
  socket.pipe(upstream);
}

function upgradeTarget(
  registry: ResourceRegistry,
  kubelets: KubeletConnection,
  info: RequestInfo,
  query: URLSearchParams,
  url: string,
): { address: KubeletAddress; path: string } {
  if (info.plural === 'nodes' && info.subresource === 'proxy')
    return { address: kubelets.addressOf(info.name), path: `/${info.rest}${queryText(url)}` };
  if (info.plural !== 'pods' || !STREAMS.has(info.subresource)) throw pathNotFound();
  const pod = podOf(registry, info);
  const { namespace = '', name } = pod.metadata;
  const address = kubelets.addressOfPod(pod);
  if (info.subresource === 'portforward')
    return { address, path: `/portForward/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}${queryText(url)}` };
  const phase = pod.status?.phase ?? '';
  if (phase === 'Succeeded' || phase === 'Failed')
    throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const container = containerOf(pod, query.get('container') ?? '');
  const parts = [namespace, name, container].map(encodeURIComponent).join('/');
  return { address, path: `/${info.subresource}/${parts}?${kubeletStreamQuery(query)}` };
}

/** The kubelet's own names for the streams. Source: kubernetes pkg/registry/core/pod streamParams. */
function kubeletStreamQuery(query: URLSearchParams): URLSearchParams {
  const result = new URLSearchParams();
  const streams = [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
    ['tty', 'tty'],
  ] as const;
  for (const [from, to] of streams) if (readBool(query, from) === true) result.set(to, '1');
  for (const argument of query.getAll('command')) result.append('command', argument);
  return result;
}

function requestHead({ method, rawHeaders }: IncomingMessage, path: string, { host, port }: KubeletAddress): string {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host.includes(':') ? `[${host}]` : host}:${port}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (/^(?:host|authorization|cookie|impersonate-.*)$/i.test(name)) continue;
    lines.push(`${name}: ${rawHeaders[i + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Answers an upgrade that was refused, then hangs up. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status: Status = error instanceof ApiError ? error.status : internalError('the request could not be handled').status;
  const body = JSON.stringify(status);
  const head = `HTTP/1.1 ${status.code} ${status.reason ?? 'Error'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  socket.on('error', () => socket.destroy());
  socket.end(head + body);
}

function podOf(registry: ResourceRegistry, { namespace, name }: RequestInfo): DeepReadonly<Pod> {
  return registry.store('pods').get({ namespace, name }).object as unknown as DeepReadonly<Pod>;
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** The named container, or the only one. Source: kubernetes pkg/registry/core/pod podContainer checks. */
function containerOf(pod: DeepReadonly<Pod>, wanted: string): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const names = containers.map(({ name }) => name);
  const inits = initContainers.map(({ name }) => name);
  const { name } = pod.metadata;
  if (wanted === '') {
    const byAnnotation = pod.metadata.annotations?.[DEFAULT_CONTAINER];
    if (byAnnotation !== undefined && names.includes(byAnnotation)) return byAnnotation;
    const [only] = names;
    if (only !== undefined && names.length === 1) return only;
    const others = inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : '';
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]${others}`);
  }
  const all = [...names, ...inits, ...ephemeralContainers.map((container) => container.name)];
  if (!all.includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  return wanted;
}

function queryText(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark);
}

/** The kubelet's own words, under its own code. */
async function refusalOf(answer: IncomingMessage): Promise<ApiError> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_REFUSAL) break;
  }
  const text = Buffer.concat(chunks).toString().trim();
  const code = answer.statusCode ?? 500;
  if (code === 400) return badRequest(text);
  if (code === 404) return failure(404, 'NotFound', `the server could not find the requested resource: ${text}`, {});
  return internalError(text);
}

/** Bytes of a kubelet's refusal that are read. Source: apiserver genericrest maxReadLength (50,000). */
const MAX_REFUSAL = 50_000;
