import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ListenOptions {
  handler: RequestListener;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface TlsFiles {
  cert: Buffer;
  key: Buffer;
  /** CA of client certificates. */
  ca: Buffer | undefined;
}

/** Longer than clients keep idle connections, so that they close them, ms. */
const KEEP_ALIVE_MS = 120_000;

/** Selectors stand in the URL. Source: net/http DefaultMaxHeaderBytes (1 MiB). */
const OPTIONS = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0, maxHeaderSize: 1024 * 1024 };

export function tlsServer({ handler, upgrade }: ListenOptions, { cert, key, ca }: TlsFiles): Server {
  const clients = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false };
  return configure(createTlsServer({ ...OPTIONS, cert, key, ...clients }, handler), upgrade);
}

export function plainServer({ handler, upgrade }: ListenOptions, connected: (socket: Socket) => void): Server {
  const server = configure(createServer(OPTIONS, handler), upgrade);
  return server.on('connection', connected);
}

function configure(server: Server, upgrade: ListenOptions['upgrade']): Server {
  const open = new Set<Socket>();
  connections.set(server, open);
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('upgrade', upgrade);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    else socket.destroy();
  });
  return server;
}

const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

/** Lets in only requests that a program on this machine meant for it: no web page elsewhere can make a browser send one. */
export function onlyLocal({ handler, upgrade }: ListenOptions): ListenOptions {
  const foreign = ({ headers }: IncomingMessage): boolean => {
    const origin = headers.origin === undefined ? undefined : /^https?:\/\/(.*)$/.exec(headers.origin)?.[1];
    return !LOCAL.test(headers.host ?? '') || (headers.origin !== undefined && !LOCAL.test(origin ?? ''));
  };
  return {
    handler: (request, response) => {
      if (!foreign(request)) return handler(request, response);
      response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' });
      return response.end('foreign Host or Origin header\n');
    },
    upgrade: (request, socket, head) => (foreign(request) ? socket.destroy() : upgrade(request, socket, head)),
  };
}

/** Lets requests wait, but for those that `atOnce` picks by their URL, until `opened` resolves. */
export function heldUntil(opened: Promise<void>, { handler, upgrade }: ListenOptions, atOnce: (url: string) => boolean): ListenOptions {
  let open = false;
  const opening = opened.then(() => {
    open = true;
  });
  const pass = (request: IncomingMessage, go: () => void): void => {
    if (open || atOnce(request.url ?? '')) go();
    else void opening.then(go);
  };
  return {
    handler: (request, response) => pass(request, () => handler(request, response)),
    upgrade: (request, socket, head) => pass(request, () => upgrade(request, socket, head)),
  };
}

/** Resolves with the port. */
export async function listenOnPort(server: Server, port: number, host: string): Promise<number> {
  await listening(server, () => server.listen(port, host, 1024));
  return (server.address() as AddressInfo).port;
}

/** A socket that only its owner may open; one that a dead process left is replaced. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  await rm(path, { force: true });
  await listening(server, () => server.listen(path, 1024));
  await chmod(path, 0o600);
}

function listening(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    start();
  });
}

/** Connections by server: closing HTTP ones leaves out those that were upgraded. */
const connections = new WeakMap<Server, Set<Socket>>();

/** Takes no more connections; resolves once all answers are sent, or after the deadline has cut off the rest. */
export async function closeServer(server: Server, deadline: Promise<void>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await Promise.race([closed, deadline]);
  for (const socket of connections.get(server) ?? []) socket.destroy();
  await closed;
}
