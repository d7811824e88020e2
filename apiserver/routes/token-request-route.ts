import type { TokenRequest } from '../../shared/api/generated/authentication-v1.ts';
import type { UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceId, ResourceInfo } from '../../shared/api/scheme.ts';
import { badRequest, conflict, type FieldError, failure, invalid, methodNotAllowed, notFound } from '../../shared/machinery/api-error.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import type { BoundObject } from '../auth/service-account-token.ts';
import { bodyOf, type Call, contextOf } from './call.ts';
import { decodeBody } from './request-body.ts';
import { sendObject } from './send-object.ts';
import type { SpecialDeps } from './special-routes.ts';

const TOKEN_REQUEST: ResourceInfo = {
  id: 'tokenrequests', group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', plural: 'tokenrequests', singular: 'tokenrequest',
  namespaced: true, shortNames: [], categories: [], listKind: '', verbs: ['create'], subresources: {}, type: 'io.k8s.api.authentication.v1.TokenRequest',
}; // biome-ignore format: a row
/** Seconds. Source: kubernetes pkg/apis/authentication/validation. */
const MIN_LIFETIME = 600;
const MAX_LIFETIME = 2 ** 32;
const DEFAULT_LIFETIME = 3600;
const BOUND: Readonly<Record<BoundObject['kind'], ResourceId>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

/** Issues a token for a service account, bound to an object if asked. Source: kubernetes pkg/registry/core/serviceaccount TokenREST. */
export async function requestToken(call: Call, deps: SpecialDeps): Promise<unknown> {
  if (call.request.method !== 'POST') throw methodNotAllowed();
  const context = contextOf(call);
  const { namespace, name } = call.info;
  const account = deps.registry.store('serviceaccounts').get({ namespace, name }).object;
  const request = decodeBody(TOKEN_REQUEST, bodyOf(call), context) as unknown as TokenRequest;
  const lifetime = request.spec?.expirationSeconds ?? DEFAULT_LIFETIME;
  const errors = checkLifetime(lifetime);
  if (errors.length > 0) throw invalid(TOKEN_REQUEST, '', errors);
  if (!deps.serviceAccounts.canIssue) throw failure(404, 'NotFound', 'the server could not find the requested resource', {});
  const asked = request.spec?.audiences ?? [];
  const audiences = asked.length > 0 ? asked : [deps.serviceAccounts.issuer];
  const { bound, node } = boundObject(call, deps, request);
  const now = deps.clock.now();
  const token = deps.serviceAccounts.issue({
    namespace,
    serviceAccount: { name, uid: account.metadata.uid ?? '' },
    audiences,
    lifetime,
    id: deps.uid(),
    ...(bound && { bound }),
    ...(node && { node }),
  });
  const answer: object = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(now) },
    spec: { audiences, expirationSeconds: lifetime, boundObjectRef: request.spec?.boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp((Math.floor(now / 1000) + lifetime) * 1000) },
  };
  return sendObject(
    call,
    { object: answer as UntypedObject, bytes: Buffer.from(JSON.stringify(answer)) },
    { code: 201, info: TOKEN_REQUEST, now, warnings: context.warnings },
  );
}

function checkLifetime(seconds: number): FieldError[] {
  const wrong = (why: string): FieldError[] => [
    { type: 'FieldValueInvalid', field: 'spec.expirationSeconds', message: `Invalid value: ${seconds}: ${why}` },
  ];
  if (seconds < MIN_LIFETIME) return wrong('may not specify a duration less than 10 minutes');
  return seconds > MAX_LIFETIME ? wrong('may not specify a duration larger than 2^32 seconds') : [];
}

function boundObject(
  call: Call,
  { registry }: SpecialDeps,
  request: TokenRequest,
): { bound?: BoundObject; node?: { name: string; uid?: string } } {
  const ref = request.spec?.boundObjectRef;
  if (ref === undefined || ref === null) return {};
  const { kind = '', name = '', uid = '', apiVersion = '' } = ref;
  if (!Object.hasOwn(BOUND, kind) || apiVersion !== 'v1') {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(call.info.name)} to object of type ${apiVersion}, Kind=${kind}`,
    );
  }
  const bindable = kind as BoundObject['kind'];
  const { info } = registry.store(BOUND[bindable]);
  const found = registry.get(BOUND[bindable], info.namespaced ? call.info.namespace : '', name);
  if (found === undefined) throw notFound(info, name);
  const actual = found.metadata.uid ?? '';
  if (uid !== '' && uid !== actual) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict(info, name, why);
  }
  const bound = { kind: bindable, name, uid: actual };
  if (bindable !== 'Pod') return { bound };
  const { nodeName = '', serviceAccountName } = (found.spec ?? {}) as { nodeName?: string; serviceAccountName?: string };
  if (serviceAccountName !== call.info.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(call.info.name)} to pod running with different serviceaccount name.`,
    );
  }
  if (nodeName === '') return { bound };
  const nodeUid = registry.get('nodes', '', nodeName)?.metadata.uid;
  return { bound, node: { name: nodeName, ...(nodeUid !== undefined && { uid: nodeUid }) } };
}
