import type { Socket } from 'node:net';
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { UserInfo } from './user.ts';

const known = new WeakMap<Socket, UserInfo | null>();

/** The user that a connection's verified client certificate names (CN; O are groups); read once a connection. */
export function certificateUser(socket: Socket): UserInfo | undefined {
  const found = known.get(socket);
  if (found !== undefined) return found ?? undefined;
  const user = readUser(socket);
  known.set(socket, user ?? null);
  return user;
}

function readUser(socket: Socket): UserInfo | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate() as DetailedPeerCertificate | { subject?: undefined };
  if (subject === undefined) return undefined;
  const { CN: name, O: organisations = [] } = subject as unknown as { CN?: string | string[]; O?: string | string[] };
  if (typeof name !== 'string' || name === '') return undefined;
  return { name, groups: [...[organisations].flat(), 'system:authenticated'] };
}
