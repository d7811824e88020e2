import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from '../../shared/machinery/api-error.ts';
import type { Authorizer } from './authorize.ts';
import type { RbacAttributes } from './rbac.ts';
import { ANONYMOUS, type UserInfo } from './user.ts';

const EXTRA = 'impersonate-extra-';

/**
 * The user that a request is to count as: the one of the `Impersonate-…` headers, if the real one may act for that user and each of the
 * groups; throws 403 if not. Source: apiserver endpoints/filters WithImpersonation.
 */
export function impersonated(user: UserInfo, headers: IncomingHttpHeaders, authorizer: Authorizer): UserInfo {
  const name = header(headers, 'impersonate-user')[0] ?? '';
  const groups = header(headers, 'impersonate-group');
  const uid = header(headers, 'impersonate-uid')[0];
  if (name === '') {
    if (groups.length === 0 && uid === undefined) return user;
    throw badRequest('requested impersonation without impersonating a user');
  }
  const extras = Object.keys(headers).filter((key) => key.startsWith(EXTRA));
  const demand = (attributes: Omit<RbacAttributes, 'verb'>): void => {
    const refusal = authorizer.refusal(user, { verb: 'impersonate', ...attributes });
    if (refusal !== undefined) throw refusal;
  };
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account === null) demand({ resource: 'users', name });
  else demand({ resource: 'serviceaccounts', namespace: account[1], name: account[2] });
  for (const group of groups) demand({ resource: 'groups', name: group });
  if (uid !== undefined) demand({ group: 'authentication.k8s.io', resource: 'uids', name: uid });
  const extra: Record<string, readonly string[]> = {};
  for (const key of extras) {
    const subresource = decodeURIComponent(key.slice(EXTRA.length));
    extra[subresource] = header(headers, key);
    for (const value of extra[subresource]) demand({ group: 'authentication.k8s.io', resource: 'userextras', subresource, name: value });
  }
  const own = account === null || groups.length > 0 ? groups : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`];
  const everybody = name === ANONYMOUS.name ? 'system:unauthenticated' : 'system:authenticated';
  const all = own.includes(everybody) ? own : [...own, everybody];
  return { name, groups: all, ...(uid !== undefined && { uid }), ...(extras.length > 0 && { extra }) };
}

/** All values of a header; Node joins repeated ones with commas. */
function header(headers: IncomingHttpHeaders, name: string): string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : value.split(', ')).filter((part) => part !== '');
}
