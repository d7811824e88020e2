import type { UserInfo as ReviewedUser, TokenReviewSpec } from '../../shared/api/generated/authentication-v1.ts';
import type { ResourceAttributes, SelfSubjectRulesReview, SubjectAccessReviewSpec } from '../../shared/api/generated/authorization-v1.ts';
import type { UntypedObject } from '../../shared/api/meta.ts';
import { type ResourceId, resourceInfo } from '../../shared/api/scheme.ts';
import { badRequest, invalid, methodNotAllowed, pathNotFound } from '../../shared/machinery/api-error.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import type { RbacAttributes, RbacUser } from '../auth/rbac.ts';
import type { UserInfo } from '../auth/user.ts';
import { orderKeys } from '../schema/order-keys.ts';
import { bodyOf, type Call, contextOf } from './call.ts';
import { decodeBody } from './request-body.ts';
import { sendObject } from './send-object.ts';
import type { SpecialDeps } from './special-routes.ts';

/** Fills in `status` of a review that is answered and never stored. */
type Reviewer = (review: UntypedObject, call: Call, deps: SpecialDeps) => object;

/** A route that creates nothing but an answer. */
export function reviewRoute(id: ResourceId): (call: Call, deps: SpecialDeps) => Promise<unknown> {
  const info = resourceInfo(id);
  const reviewer = REVIEWERS[id];
  return async (call, deps) => {
    if (reviewer === undefined || call.info.name !== '' || info.namespaced !== (call.info.namespace !== '')) throw pathNotFound();
    if (call.request.method !== 'POST') throw methodNotAllowed();
    const context = contextOf(call);
    const review = decodeBody(info, bodyOf(call), context);
    const { status: _status, ...rest } = review;
    const metadata = { ...review.metadata };
    if (id === 'selfsubjectreviews') metadata.creationTimestamp = timestamp(deps.clock.now());
    const answer = orderKeys(info.type, { ...rest, metadata, status: reviewer(review, call, deps) });
    return sendObject(
      call,
      { object: answer, bytes: Buffer.from(JSON.stringify(answer)) },
      { code: 201, info, now: deps.clock.now(), warnings: context.warnings },
    );
  };
}

const REVIEWERS: Readonly<Record<string, Reviewer>> = {
  selfsubjectreviews: (_review, { user }) => ({ userInfo: reviewed(user) }),
  tokenreviews: reviewToken,
  selfsubjectaccessreviews: (review, { user }, deps) => access(user, specOf(review), deps),
  subjectaccessreviews: (review, _call, deps) => access(subject(review), specOf(review), deps),
  localsubjectaccessreviews: (review, { info }, deps) => {
    const spec = specOf(review);
    if (spec.resourceAttributes?.namespace !== info.namespace) {
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${info.namespace}`);
    }
    return access(subject(review), spec, deps);
  },
  selfsubjectrulesreviews: reviewRules,
};

function reviewToken(review: UntypedObject, _call: Call, { authenticator, serviceAccounts }: SpecialDeps): object {
  const { token = '', audiences = [] } = (review.spec ?? {}) as Partial<TokenReviewSpec>;
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const asked = audiences.length > 0 ? audiences : [serviceAccounts.issuer];
  const user = authenticator.byToken(token, asked);
  if (user === undefined) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user: reviewed(user), audiences: asked };
}

function reviewed({ name, uid, groups, extra }: UserInfo): Partial<ReviewedUser> {
  return {
    username: name,
    ...(uid !== undefined && { uid }),
    groups: [...groups],
    ...(extra && { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
  };
}

type AccessSpec = Partial<SubjectAccessReviewSpec>;

function specOf(review: UntypedObject): AccessSpec {
  const spec = (review.spec ?? {}) as AccessSpec;
  if ((spec.resourceAttributes === undefined) === (spec.nonResourceAttributes === undefined)) {
    const field = 'spec.resourceAttributes';
    const message = 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
    throw invalid({ group: 'authorization.k8s.io', plural: '', kind: review.kind ?? '' }, '', [
      { type: 'FieldValueInvalid', field, message },
    ]);
  }
  return spec;
}

function subject(review: UntypedObject): RbacUser {
  const { user = '', groups = [] } = (review.spec ?? {}) as AccessSpec;
  if (user === '' && groups.length === 0) {
    const message = 'Invalid value: "": at least one of user or group must be specified';
    throw invalid({ group: 'authorization.k8s.io', plural: '', kind: review.kind ?? '' }, '', [
      { type: 'FieldValueInvalid', field: 'spec.user', message },
    ]);
  }
  return { name: user, groups };
}

function access(user: RbacUser, { resourceAttributes, nonResourceAttributes }: AccessSpec, { authorizer }: SpecialDeps): object {
  const attributes: RbacAttributes =
    resourceAttributes === undefined
      ? { verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' }
      : resourceAttributesOf(resourceAttributes);
  const { allowed, reason } = authorizer.verdict(user, attributes);
  return { allowed, ...(reason !== '' && { reason }) };
}

function resourceAttributesOf({ verb, group, resource, subresource, name, namespace }: Partial<ResourceAttributes>): RbacAttributes {
  return { verb: verb ?? '', group, resource, subresource, name, namespace };
}

function reviewRules(review: UntypedObject, { user }: Call, { authorizer }: SpecialDeps): object {
  const { namespace = '' } = ((review as unknown as SelfSubjectRulesReview).spec ?? {}) as { namespace?: string };
  if (namespace === '') throw badRequest('no namespace on request');
  const everything = {
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
  };
  if (authorizer.rbac === undefined || user.groups.includes('system:masters')) return everything;
  const { cluster, byNamespace, errors } = authorizer.rbac.rulesOf(user);
  const rules = [...cluster, ...(byNamespace.get(namespace) ?? [])].flatMap((granted) => granted.rules);
  return {
    resourceRules: rules.filter((rule) => (rule.resources ?? []).length > 0),
    nonResourceRules: rules.filter((rule) => (rule.nonResourceURLs ?? []).length > 0),
    incomplete: errors.length > 0,
    ...(errors.length > 0 && { evaluationError: errors.join(', ') }),
  };
}
