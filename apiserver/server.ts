import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from '../shared/component/logging.ts';
import { pathNotFound, unauthorized } from '../shared/machinery/api-error.ts';
import type { Authenticator } from './auth/authenticate.ts';
import { type Authorizer, attributesOf } from './auth/authorize.ts';
import { impersonated } from './auth/impersonation.ts';
import { ANONYMOUS, type UserInfo } from './auth/user.ts';
import { handleError, MAX_BODY_BYTES } from './error-handler.ts';
import { parseResourcePath, type RequestInfo } from './routes/request-info.ts';

declare module 'fastify' {
  interface FastifyRequest {
    kube: RequestFacts;
  }
}

/** What is known of every request once it was let in. */
export interface RequestFacts {
  path: string;
  query: URLSearchParams;
  user: UserInfo;
  /** Undefined: not about a resource. */
  info: RequestInfo | undefined;
}

export interface ServerDeps {
  log: Logger;
  authenticator: Authenticator;
  authorizer: Authorizer;
  /** Called for every request that was let in. */
  observe(request: FastifyRequest, reply: FastifyReply): void;
}

const NO_QUERY = new URLSearchParams();
const OPEN = /^\/(?:livez|readyz|healthz)(?:\/|\?|$)/;

/**
 * The HTTP side without its routes and its listeners (see listen.ts): every request is authenticated and authorised before anything
 * else looks at it.
 */
export function createServer(deps: ServerDeps): FastifyInstance {
  const { log } = deps;
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 2048, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply, log),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.decorateRequest('kube', null as unknown as RequestFacts);
  app.addHook('onRequest', (request, reply, done) => {
    try {
      request.kube = admit(request.raw, deps);
      deps.observe(request, reply);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  app.setErrorHandler((error, request, reply) => handleError(error, request, reply, log));
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => handleError(pathNotFound(), request, reply, log));
  return app;
}

/** Whether a URL is open to everybody and at any time: probes have no credentials. */
export function isProbe(url: string): boolean {
  return OPEN.test(url);
}

/** Says who asks for what; throws 401 and 403. Also for requests that are no routes: upgrades. */
export function admit(raw: IncomingMessage, { authenticator, authorizer }: Pick<ServerDeps, 'authenticator' | 'authorizer'>): RequestFacts {
  const url = raw.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const open = isProbe(path);
  const authenticated = authenticator.authenticate(raw) ?? (open ? ANONYMOUS : undefined);
  if (authenticated === undefined) throw unauthorized();
  const user = impersonated(authenticated, raw.headers, authorizer);
  const query = mark < 0 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1));
  const info = parseResourcePath(path);
  if (!open) {
    const refusal = authorizer.refusal(user, attributesOf(raw.method ?? 'GET', path, info, query));
    if (refusal !== undefined) throw refusal;
  }
  return { path, query, user, info };
}
