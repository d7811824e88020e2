import type { ApiError } from '../../shared/machinery/api-error.ts';
import { readBool } from '../routes/list-query.ts';
import type { RequestInfo } from '../routes/request-info.ts';
import type { RbacAttributes, RbacUser, Verdict } from './rbac.ts';
import { forbiddenBy, type RbacAuthorizer } from './rbac-authorizer.ts';

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
  OPTIONS: 'get',
};

/** What a request asks permission for. Source: apiserver endpoints/request RequestInfoFactory. */
export function attributesOf(method: string, path: string, info: RequestInfo | undefined, query: URLSearchParams): RbacAttributes {
  if (info === undefined) return { verb: method.toLowerCase(), path };
  let verb = VERBS[method] ?? '';
  if (info.name === '' && verb === 'get') verb = info.watch || readBool(query, 'watch') === true ? 'watch' : 'list';
  else if (info.watch && verb === 'get') verb = 'watch';
  else if (info.name === '' && verb === 'delete') verb = 'deletecollection';
  const { group, plural: resource, subresource, name, namespace } = info;
  // A namespace's own requests are about itself: roles in it may allow them.
  return { verb, group, resource, subresource, name, namespace: resource === 'namespaces' && group === '' ? name : namespace };
}

/** Decides by the configured mode. */
export class Authorizer {
  readonly #rbac: RbacAuthorizer | undefined;

  /** Without `rbac` everybody may do everything. */
  constructor(rbac: RbacAuthorizer | undefined) {
    this.#rbac = rbac;
  }

  verdict(user: RbacUser, attributes: RbacAttributes): Verdict {
    return this.#rbac === undefined ? { allowed: true, reason: '' } : this.#rbac.authorize(user, attributes);
  }

  /** What a user is granted; undefined: everything. */
  get rbac(): RbacAuthorizer | undefined {
    return this.#rbac;
  }

  /** The refusal, if it is one. */
  refusal(user: RbacUser, attributes: RbacAttributes): ApiError | undefined {
    const { allowed, reason } = this.verdict(user, attributes);
    return allowed ? undefined : forbiddenBy(user, attributes, reason);
  }
}
