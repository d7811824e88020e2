import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef } from '../../shared/api/generated/rbac-v1.ts';
import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceId } from '../../shared/api/scheme.ts';
import { type ApiError, failure } from '../../shared/machinery/api-error.ts';
import type { ObjectReader } from '../registry/object-reader.ts';
import { authorize, type RbacAttributes, type RbacUser, type Verdict } from './rbac.ts';
import { RbacPolicy, type UserRules } from './rbac-policy.ts';

/** The resources that RBAC reads. */
export const RBAC_RESOURCES: readonly ResourceId[] = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'];

/** RBAC over the roles and bindings in the watch cache. */
export class RbacAuthorizer {
  readonly #reader: Pick<ObjectReader, 'list'>;
  readonly #changed: () => number;
  #policy: { changed: number; rules: RbacPolicy } | undefined;

  /** `changed` is asked for each request and answers the newest revision at which one of `RBAC_RESOURCES` changed. */
  constructor(reader: Pick<ObjectReader, 'list'>, changed: () => number) {
    this.#reader = reader;
    this.#changed = changed;
  }

  authorize(user: RbacUser, attributes: RbacAttributes): Verdict {
    return authorize(user, attributes, this.#current());
  }

  /** What a user is granted, for rules reviews. */
  rulesOf(user: RbacUser): UserRules {
    return this.#current().rulesOf(user);
  }

  /** What a binding in the namespace ('': a cluster's) gives; undefined: there is no such role. */
  rulesOfRole(roleRef: DeepReadonly<RoleRef>, namespace: string): readonly DeepReadonly<PolicyRule>[] | undefined {
    return this.#current().rulesOfRole(roleRef, namespace);
  }

  #current(): RbacPolicy {
    const changed = this.#changed();
    if (this.#policy?.changed !== changed) this.#policy = { changed, rules: this.#read() };
    return this.#policy.rules;
  }

  #read(): RbacPolicy {
    return new RbacPolicy({
      roles: this.#list<Role>('roles'),
      clusterRoles: this.#list<ClusterRole>('clusterroles'),
      roleBindings: this.#list<RoleBinding>('rolebindings'),
      clusterRoleBindings: this.#list<ClusterRoleBinding>('clusterrolebindings'),
    });
  }

  #list<T>(resource: ResourceId): readonly DeepReadonly<T>[] {
    return this.#reader.list(resource) as readonly DeepReadonly<UntypedObject>[] as unknown as readonly DeepReadonly<T>[];
  }
}

/** The 403 of a request that no role allows, in upstream's words. */
export function forbiddenBy(user: RbacUser, attributes: RbacAttributes, reason = ''): ApiError {
  const { verb, group = '', resource = '', subresource = '', name = '', namespace = '', path } = attributes;
  const suffix = reason === '' ? '' : `: ${reason}`;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  if (path !== undefined) return failure(403, 'Forbidden', `forbidden: ${who} path ${JSON.stringify(path)}${suffix}`, {});
  const what = JSON.stringify(subresource === '' ? resource : `${resource}/${subresource}`);
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const about = name === '' ? qualified : `${qualified} ${JSON.stringify(name)}`;
  const details = { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource };
  return failure(
    403,
    'Forbidden',
    `${about} is forbidden: ${who} resource ${what} in API group ${JSON.stringify(group)} ${where}${suffix}`,
    details,
  );
}
