import { resourceInfo } from '../../shared/api/scheme.ts';
import { methodNotAllowed, notFound, pathNotFound } from '../../shared/machinery/api-error.ts';
import type { Authenticator } from '../auth/authenticate.ts';
import type { Authorizer } from '../auth/authorize.ts';
import type { ServiceAccountTokens } from '../auth/service-account-token.ts';
import type { ObjectStore } from '../registry/object-store.ts';
import { bindPod } from './binding-route.ts';
import type { Call } from './call.ts';
import { evictPod } from './eviction-route.ts';
import { httpProxy } from './http-proxy.ts';
import { type NodeProxyDeps, podLog, upgradeRequired } from './node-proxy.ts';
import { reviewRoute } from './review-routes.ts';
import { scaleRoute } from './scale-route.ts';
import { sendValue } from './send-object.ts';
import { requestToken } from './token-request-route.ts';
import type { WatchDeps } from './watch-response.ts';

export interface SpecialDeps extends WatchDeps, NodeProxyDeps {
  authenticator: Authenticator;
  authorizer: Authorizer;
  serviceAccounts: ServiceAccountTokens;
  uid(): string;
}

type SpecialRoute = (call: Call, deps: SpecialDeps, store: ObjectStore | undefined) => Promise<unknown>;

/** Subresources that do something of their own, and resources that are not stored; by `resource/subresource` or resource. */
const ROUTES: Readonly<Record<string, SpecialRoute>> = {
  'v1/bindings': bindPod,
  'v1/pods/binding': bindPod,
  'v1/pods/eviction': evictPod,
  'v1/serviceaccounts/token': requestToken,
  'v1/componentstatuses': componentStatuses,
  'v1/pods/log': podLog,
  'v1/pods/exec': upgradeRequired,
  'v1/pods/attach': upgradeRequired,
  'v1/pods/portforward': upgradeRequired,
  'v1/nodes/proxy': httpProxy,
  'v1/pods/proxy': httpProxy,
  'v1/services/proxy': httpProxy,
  'v1/replicationcontrollers/scale': scaleRoute,
  'apps/v1/deployments/scale': scaleRoute,
  'apps/v1/replicasets/scale': scaleRoute,
  'apps/v1/statefulsets/scale': scaleRoute,
  'authentication.k8s.io/v1/selfsubjectreviews': reviewRoute('selfsubjectreviews'),
  'authentication.k8s.io/v1/tokenreviews': reviewRoute('tokenreviews'),
  'authorization.k8s.io/v1/localsubjectaccessreviews': reviewRoute('localsubjectaccessreviews'),
  'authorization.k8s.io/v1/selfsubjectaccessreviews': reviewRoute('selfsubjectaccessreviews'),
  'authorization.k8s.io/v1/selfsubjectrulesreviews': reviewRoute('selfsubjectrulesreviews'),
  'authorization.k8s.io/v1/subjectaccessreviews': reviewRoute('subjectaccessreviews'),
};

/** Finds the route of a call that is not about a stored object or a stored part of one. */
export function specialRoutes(deps: SpecialDeps): (call: Call, store: ObjectStore | undefined) => Promise<unknown> | undefined {
  return (call, store) => {
    const { group, version, plural, subresource } = call.info;
    const path = `${group === '' ? '' : `${group}/`}${version}/${plural}${subresource === '' ? '' : `/${subresource}`}`;
    const scales = subresource === 'scale' && store?.strategy.scale !== undefined; // of custom resources
    const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : scales ? scaleRoute : undefined;
    if (route === undefined) return undefined;
    if (call.info.rest !== '' && subresource !== 'proxy') throw pathNotFound();
    return route(call, deps, store);
  };
}

/** Deprecated upstream, and empty here: components tell their health themselves. */
async function componentStatuses(call: Call): Promise<unknown> {
  if (call.request.method !== 'GET') throw methodNotAllowed();
  if (call.info.name !== '') throw notFound(resourceInfo('componentstatuses'), call.info.name);
  return sendValue(call, { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items: [] });
}
