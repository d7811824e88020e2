import { isDeepStrictEqual } from 'node:util';
import type { ClusterRole, PolicyRule, RoleBinding } from '../../shared/api/generated/rbac-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { type ResourceId, resourceInfo } from '../../shared/api/scheme.ts';
import { forbidden, notFound } from '../../shared/machinery/api-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/chain.ts';
import type { RbacAuthorizer } from './rbac-authorizer.ts';
import { uncovered } from './rule-cover.ts';

const GROUP = 'rbac.authorization.k8s.io';
/** What an aggregated role may come to hold. */
const EVERYTHING: readonly DeepReadonly<PolicyRule>[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/**
 * Nobody gives away, by roles or bindings, what he does not hold himself, unless he is allowed to `escalate` or `bind`.
 * It is part of RBAC, so it cannot be disabled. Source: kubernetes pkg/registry/rbac policybased storage.
 */
export class EscalationCheck implements AdmissionPlugin {
  readonly name = 'RBAC';
  readonly #rbac: RbacAuthorizer | undefined;

  /** Undefined: everybody may do everything. */
  constructor(rbac: RbacAuthorizer | undefined) {
    this.#rbac = rbac;
  }

  validate(request: AdmissionRequest): void {
    const { info, operation, user, subresource } = request;
    const rbac = this.#rbac;
    if (info.group !== GROUP || operation === 'DELETE' || subresource !== '' || rbac === undefined) return;
    if (user.groups.includes('system:masters')) return;
    if (info.plural === 'roles' || info.plural === 'clusterroles') checkRole(request, rbac);
    else checkBinding(request, rbac);
  }
}

function checkRole(request: AdmissionRequest, rbac: RbacAuthorizer): void {
  const { info, namespace, name, user } = request;
  const role = request.object as unknown as ClusterRole;
  const old = request.old as unknown as DeepReadonly<ClusterRole> | undefined;
  const given = ({ rules, aggregationRule }: DeepReadonly<ClusterRole>): object => ({ rules: rules ?? [], aggregationRule });
  if (old !== undefined && isDeepStrictEqual(given(role), given(old))) return;
  if (rbac.authorize(user, { verb: 'escalate', group: GROUP, resource: info.plural, namespace, name }).allowed) return;
  confirm(request, rbac, [...(role.rules ?? []), ...(role.aggregationRule === undefined ? [] : EVERYTHING)]);
}

function checkBinding(request: AdmissionRequest, rbac: RbacAuthorizer): void {
  const { namespace, user } = request;
  const { roleRef, subjects } = request.object as unknown as RoleBinding;
  const old = request.old as unknown as DeepReadonly<RoleBinding> | undefined;
  if (old !== undefined && isDeepStrictEqual([roleRef, subjects ?? []], [old.roleRef, old.subjects ?? []])) return;
  const resource: ResourceId = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
  if (rbac.authorize(user, { verb: 'bind', group: GROUP, resource, namespace, name: roleRef.name }).allowed) return;
  const rules = rbac.rulesOfRole(roleRef, namespace);
  if (rules === undefined) throw notFound(resourceInfo(resource), roleRef.name);
  confirm(request, rbac, rules);
}

function confirm(
  { info, namespace, name, user }: AdmissionRequest,
  rbac: RbacAuthorizer,
  wanted: readonly DeepReadonly<PolicyRule>[],
): void {
  const { cluster, byNamespace } = rbac.rulesOf(user);
  const held = [...cluster, ...(byNamespace.get(namespace) ?? [])].flatMap(({ rules }) => rules);
  const missing = uncovered(held, wanted);
  if (missing.length === 0) return;
  const groups = `[${user.groups.map((group) => JSON.stringify(group)).join(' ')}]`;
  const who = `user ${JSON.stringify(user.name)} (groups=${groups})`;
  throw forbidden(info, name, `${who} is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`);
}
