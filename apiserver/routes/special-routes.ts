import { pathNotFound } from '../../shared/machinery/api-error.ts';
import type { ServiceAccountTokens } from '../auth/service-account-token.ts';
import type { Authenticator } from '../auth/authenticate.ts';
import type { Authorizer } from '../auth/authorize.ts';
import type { ObjectStore } from '../registry/object-store.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import type { Call } from './call.ts';
import type { WatchDeps } from './watch-response.ts';

export interface SpecialDeps extends WatchDeps {
  registry: ResourceRegistry;
  authenticator: Authenticator;
  authorizer: Authorizer;
  serviceAccounts: ServiceAccountTokens;
  uid(): string;
}

type SpecialRoute = (call: Call, deps: SpecialDeps, store: ObjectStore | undefined) => Promise<unknown>;

/** Subresources that do something of their own, and resources that are not stored; by `resource/subresource` or resource. */
const ROUTES: Readonly<Record<string, SpecialRoute>> = {};

/** Finds the route of a call that is not about a stored object or a stored part of one. */
export function specialRoutes(deps: SpecialDeps): (call: Call, store: ObjectStore | undefined) => Promise<unknown> | undefined {
  return (call, store) => {
    const { group, version, plural, subresource } = call.info;
    const path = `${group === '' ? '' : `${group}/`}${version}/${plural}${subresource === '' ? '' : `/${subresource}`}`;
    const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
    if (route === undefined) return undefined;
    if (call.info.rest !== '') throw pathNotFound();
    return route(call, deps, store);
  };
}
