import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { answerHealth, type HealthChecks } from '../../shared/component/health.ts';
import type { Logger } from '../../shared/component/logging.ts';
import type { MetricsRegistry } from '../../shared/component/metrics.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { RuntimeDriver } from '../runtime/driver.ts';
import { ChannelSocket, EXEC_PROTOCOLS, PORT_FORWARD_PROTOCOLS } from './channel-socket.ts';
import { containerLogs } from './container-logs.ts';
import { HttpError } from './http-error.ts';
import { type ContainerAddress, findPod, findRunning, type PodLookup } from './pod-lookup.ts';
import { dialPod, requestedPorts, servePortForward } from './port-forward.ts';
import { serveRemoteCommand, wantedStreams } from './remote-command.ts';
import { socketStreams } from './socket-streams.ts';
import { COMMAND_PROTOCOLS, commandStreams } from './spdy/command-streams.ts';
import { SpdyConnection } from './spdy/spdy-connection.ts';
import { PORT_FORWARD_PROTOCOL, serveSpdyPortForward, TUNNEL_PROTOCOL } from './spdy/spdy-port-forward.ts';
import { ResourceStats } from './stats.ts';

export interface KubeletServerOptions {
  host: string;
  /** 0 takes a free one. Source: upstream's port is 10250. */
  port: number;
  /** PEM. `clientCa` signs the certificates of clients. */
  tls: { cert: string; key: string; clientCa: string };
  nodeName: string;
  pods: PodLookup;
  driver: RuntimeDriver;
  clock: Clock;
  log: Logger;
  health: HealthChecks;
  metrics: MetricsRegistry;
  /** The kubelet's settings, for `/configz`. */
  config: Readonly<Record<string, unknown>>;
}

/** Who may use the API: cluster administrators, and the API server. Source: kubeadm's `apiserver-kubelet-client` certificate. */
const ALLOWED_GROUPS = ['system:masters', 'kubeadm:cluster-admins'];
const ALLOWED_USERS = ['kube-apiserver-kubelet-client', 'system:kube-apiserver', 'kube-apiserver'];

/** Larger messages from a client end its connection, bytes. kubectl sends at most 32 KiB at once. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** A request's path, taken apart: `/exec/<namespace>/<pod>[/<uid>]/<container>`. */
type Route =
  | { kind: 'containerLogs' | 'exec' | 'attach'; address: ContainerAddress }
  | { kind: 'portForward'; address: Omit<ContainerAddress, 'container'> };

/** The kubelet's HTTPS API, as the API server calls it for logs, exec, attach, port-forward and metrics. Streams run over WebSockets or SPDY. */
export class KubeletServer {
  readonly #options: KubeletServerOptions;
  readonly #stats: ResourceStats;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, handleProtocols: chooseSubprotocol });

  constructor(options: KubeletServerOptions) {
    this.#options = options;
    this.#stats = new ResourceStats(options);
  }

  /** Resolves once it listens, with `host:port`; serves until `signal` aborts, which ends all streams. */
  async listen(signal: AbortSignal): Promise<{ address: string; stopped: Promise<void> }> {
    const { host, port, tls } = this.#options;
    const server = createServer({ cert: tls.cert, key: tls.key, ca: tls.clientCa, requestCert: true, rejectUnauthorized: false });
    server.on('request', (request, response) => void this.#answer(request, response, signal));
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
    server.on('tlsClientError', () => undefined); // port scanners, health checks that speak no TLS
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    const stopped = new Promise<void>((resolve) => server.once('close', resolve));
    signal.addEventListener('abort', () => this.#stop(server), { once: true });
    if (signal.aborted) this.#stop(server);
    const bound = server.address() as AddressInfo;
    return { address: bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`, stopped };
  }

  #stop(server: Server): void {
    for (const client of this.#sockets.clients) client.terminate();
    server.close();
    server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse, stopping: AbortSignal): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      await this.#route(request, urlOf(request), response, AbortSignal.any([gone.signal, stopping]));
    } catch (error) {
      const { code, message } = this.#refusal(request, error);
      if (response.headersSent) response.destroy();
      else send(response, { code, body: message });
    }
  }

  #refusal(request: IncomingMessage, error: unknown): HttpError {
    if (error instanceof HttpError) return error;
    this.#options.log.error({ err: error, path: request.url }, 'request failed');
    return new HttpError(500, 'Internal Server Error');
  }

  async #route(request: IncomingMessage, url: URL, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { health, metrics, config, pods, driver } = this.#options;
    const answer = answerHealth(health, url.pathname, url.searchParams);
    if (answer !== undefined) return send(response, { code: answer.code, body: answer.body });
    authorize(request);
    const route = parseRoute(url.pathname);
    if (route !== undefined && route.kind !== 'containerLogs')
      throw new HttpError(400, 'unable to upgrade: missing upgrade headers in request');
    if (request.method !== 'GET') throw new HttpError(405, '405: Method Not Allowed');
    if (route !== undefined) {
      const log = await containerLogs(route.address, url.searchParams, this.#options, signal);
      response.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders();
      await pipeline(Readable.from(log), response, { signal }).catch(() => undefined); // the client left
      return;
    }
    switch (url.pathname.replace(/\/$/, '')) {
      case '/pods':
        return sendJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: pods.pods() });
      case '/runningpods': {
        const running = new Set(
          (await driver.list()).filter(({ containers }) => containers.some(({ state }) => state === 'running')).map(({ podUid }) => podUid),
        );
        return sendJson(response, {
          kind: 'PodList',
          apiVersion: 'v1',
          metadata: {},
          items: pods.pods().filter(({ metadata }) => running.has(metadata.uid)),
        });
      }
      case '/stats':
      case '/stats/summary':
        return sendJson(response, await this.#stats.summary());
      case '/metrics':
        return send(response, { code: 200, body: metrics.render(), type: PROMETHEUS });
      case '/metrics/resource':
        return send(response, { code: 200, body: await this.#stats.resourceMetrics(), type: PROMETHEUS });
      case '/configz':
        return sendJson(response, {
          kubeletconfig: { kind: 'KubeletConfiguration', apiVersion: 'kubelet.config.k8s.io/v1beta1', ...config },
        });
      default:
        throw new HttpError(404, '404: Page Not Found');
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const stream = await this.#stream(request);
      const failed = (err: unknown): void => {
        this.#options.log.warn({ err, path: request.url }, 'stream failed');
        socket.destroy();
      };
      if (isSpdy(request)) {
        const protocol = choose(offeredProtocols(request), stream.spdyProtocols);
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\nx-stream-protocol-version: ${protocol}\r\n\r\n`,
        );
        if (head.length > 0) socket.unshift(head);
        stream.overSpdy(new SpdyConnection(socket), protocol).catch(failed);
        return;
      }
      // `ws` refuses a protocol with a slash, so the tunnel's is taken out and put back.
      const tunnel = stream.overTunnel !== undefined && offeredSubprotocols(request).has(TUNNEL_PROTOCOL);
      if (tunnel) delete request.headers['sec-websocket-protocol'];
      const addProtocol = (headers: string[], of: IncomingMessage): void => {
        if (tunnel && of === request) headers.push(`Sec-WebSocket-Protocol: ${TUNNEL_PROTOCOL}`);
      };
      this.#sockets.on('headers', addProtocol);
      this.#sockets.handleUpgrade(request, socket, head, (client) => {
        if (tunnel) stream.overTunnel?.(new SpdyConnection(createWebSocketStream(client))).catch(failed);
        else stream.overSocket(new ChannelSocket(client)).catch(failed);
      });
      this.#sockets.off('headers', addProtocol);
    } catch (error) {
      const { code, message } = this.#refusal(request, error);
      const length = Buffer.byteLength(message);
      socket.end(
        `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${message}`,
      );
    }
  }

  /** All that can be refused is refused before the upgrade. */
  async #stream(request: IncomingMessage): Promise<Stream> {
    authorize(request);
    const { pods, driver, clock } = this.#options;
    const { pathname, searchParams: params } = urlOf(request);
    const route = parseRoute(pathname);
    if (route === undefined || route.kind === 'containerLogs') throw new HttpError(404, '404: Page Not Found');
    if (!isSpdy(request) && request.headers.upgrade?.toLowerCase() !== 'websocket') {
      throw new HttpError(400, `unable to upgrade: unable to upgrade to ${request.headers.upgrade ?? ''}`);
    }
    const pod = findPod(pods, route.address, 'pod does not exist');
    if (route.kind === 'portForward') {
      const forward = (connection: SpdyConnection): Promise<void> =>
        serveSpdyPortForward(connection, { podUid: pod.metadata.uid, dial: (port) => dialPod(pod, port) });
      const tunnelled = isSpdy(request) || offeredSubprotocols(request).has(TUNNEL_PROTOCOL);
      const ports = tunnelled ? [] : requestedPorts(params);
      return {
        spdyProtocols: [PORT_FORWARD_PROTOCOL],
        overSpdy: forward,
        overTunnel: forward,
        overSocket: (socket) => servePortForward(socket, pod, ports),
      };
    }
    const { id: container } = await findRunning(driver, pod, route.address.container);
    const command = route.kind === 'exec' ? params.getAll('command') : undefined;
    if (command?.length === 0) throw new HttpError(400, 'you must specify at least 1 command');
    const wanted = wantedStreams(params);
    if (wanted === undefined) throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr');
    const remote = { driver, container, command, tty: wanted.tty };
    return {
      spdyProtocols: COMMAND_PROTOCOLS,
      overSocket: (socket) => serveRemoteCommand(socketStreams(socket, wanted), remote),
      overSpdy: async (connection, protocol) => {
        const streams = await commandStreams(connection, wanted, { protocol, clock });
        if (streams !== undefined) await serveRemoteCommand(streams, remote);
      },
    };
  }
}

/** How an accepted request is served over each transport. */
interface Stream {
  spdyProtocols: readonly string[];
  overSocket(socket: ChannelSocket): Promise<void>;
  overSpdy(connection: SpdyConnection, protocol: string): Promise<void>;
  /** SPDY inside a WebSocket. */
  overTunnel?(connection: SpdyConnection): Promise<void>;
}

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

/** Throws 400. */
function urlOf({ url = '/' }: IncomingMessage): URL {
  try {
    return new URL(`https://kubelet${url}`);
  } catch {
    throw new HttpError(400, 'Bad Request');
  }
}

/** Throws 401 or 403. */
function authorize(request: IncomingMessage): void {
  const socket = request.socket as TLSSocket;
  if (!socket.authorized) throw new HttpError(401, 'Unauthorized');
  const { CN, O } = socket.getPeerCertificate().subject;
  const [users, groups] = [CN, O].map((value: string | string[] | undefined) => [value ?? []].flat());
  if (groups?.some((group) => ALLOWED_GROUPS.includes(group)) || users?.some((user) => ALLOWED_USERS.includes(user))) return;
  throw new HttpError(403, `Forbidden (user=${users?.[0] ?? ''}, verb=get, resource=nodes, subresource=proxy)`);
}

function parseRoute(path: string): Route | undefined {
  const [kind = '', namespace = '', name = '', ...rest] = path.slice(1).split('/').map(decode);
  if (namespace === '' || name === '') return undefined;
  if (kind === 'portForward' && rest.length <= 1) return { kind, address: { namespace, name, uid: rest[0] ?? '' } };
  const container = rest.at(-1) ?? '';
  if (container === '' || rest.length > 2) return undefined;
  if (kind !== 'containerLogs' && kind !== 'exec' && kind !== 'attach') return undefined;
  return { kind, address: { namespace, name, uid: rest.length === 2 ? (rest[0] ?? '') : '', container } };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function chooseSubprotocol(offered: Set<string>): string | false {
  return [...EXEC_PROTOCOLS, ...PORT_FORWARD_PROTOCOLS].find((protocol) => offered.has(protocol)) ?? false;
}

const isSpdy = (request: IncomingMessage): boolean => request.headers.upgrade?.toLowerCase() === 'spdy/3.1';

/** What a SPDY client speaks; one that says nothing speaks the first protocol there was. */
function offeredProtocols({ headers }: IncomingMessage): Set<string> {
  return listed(headers['x-stream-protocol-version']);
}

function offeredSubprotocols({ headers }: IncomingMessage): Set<string> {
  return listed(headers['sec-websocket-protocol']);
}

function listed(header: string | string[] | undefined): Set<string> {
  return new Set([header ?? []].flat().flatMap((value) => value.split(',').map((name) => name.trim())));
}

/** Throws 403 where the client speaks none of ours. Source: apimachinery httpstream Handshake. */
function choose(offered: ReadonlySet<string>, ours: readonly string[]): string {
  const chosen = ours.find((protocol) => offered.has(protocol));
  if (chosen === undefined) {
    throw new HttpError(
      403,
      `unable to negotiate protocol: client supports [${[...offered].join(' ')}], server accepts [${ours.join(' ')}]`,
    );
  }
  return chosen;
}

function send(
  response: ServerResponse,
  { code, body, type = 'text/plain; charset=utf-8' }: { code: number; body: string; type?: string },
): void {
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

function sendJson(response: ServerResponse, value: object): void {
  send(response, { code: 200, body: JSON.stringify(value), type: 'application/json' });
}
