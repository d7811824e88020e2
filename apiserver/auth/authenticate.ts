import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ObjectReader } from '../registry/object-reader.ts';
import { certificateUser } from './client-certificate.ts';
import type { ServiceAccountTokens } from './service-account-token.ts';
import { ANONYMOUS, LOOPBACK_ADMIN, type UserInfo } from './user.ts';

export interface AuthenticatorDeps {
  /** Bearer token → user. */
  tokens: ReadonlyMap<string, UserInfo>;
  serviceAccounts: ServiceAccountTokens;
  reader: ObjectReader;
  anonymous: boolean;
}

/** Tells who a request comes from: the socket it came by, its client certificate or its bearer token. */
export class Authenticator {
  readonly #deps: AuthenticatorDeps;
  readonly #trusted = new WeakSet<Socket>();

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps;
  }

  /** Requests of this connection are the administrator's. */
  trust(socket: Socket): void {
    this.#trusted.add(socket);
  }

  /** Undefined: 401. */
  authenticate(request: IncomingMessage): UserInfo | undefined {
    const { socket } = request;
    if (this.#trusted.has(socket)) return LOOPBACK_ADMIN;
    const byCertificate = certificateUser(socket);
    if (byCertificate !== undefined) return byCertificate;
    const { authorization } = request.headers;
    if (authorization === undefined) return this.#deps.anonymous ? ANONYMOUS : undefined;
    const token = /^bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
    return token === undefined ? undefined : this.byToken(token);
  }

  byToken(token: string, audiences?: readonly string[]): UserInfo | undefined {
    return this.#deps.tokens.get(token) ?? this.#deps.serviceAccounts.verify(token, this.#deps.reader, audiences);
  }
}
