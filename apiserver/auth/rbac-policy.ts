import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../shared/api/generated/rbac-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { matchesLabelSelector } from '../../shared/machinery/label-selector.ts';
import type { RbacUser } from './rbac.ts';

export interface RbacObjects {
  roles: readonly DeepReadonly<Role>[];
  clusterRoles: readonly DeepReadonly<ClusterRole>[];
  roleBindings: readonly DeepReadonly<RoleBinding>[];
  clusterRoleBindings: readonly DeepReadonly<ClusterRoleBinding>[];
}

/** The rules of one role, as one binding grants them. */
export interface GrantedRules {
  /** Such as `ClusterRoleBinding "a" of ClusterRole "b" to Group "c"`. */
  source: string;
  rules: readonly DeepReadonly<PolicyRule>[];
}

export interface UserRules {
  cluster: readonly GrantedRules[];
  byNamespace: ReadonlyMap<string, readonly GrantedRules[]>;
  /** Bindings to roles that do not exist. */
  errors: readonly string[];
}

type Binding = DeepReadonly<{
  kind: 'ClusterRoleBinding' | 'RoleBinding';
  namespace: string;
  name: string;
  roleRef: RoleRef;
  subject: Subject;
}>;

/** Most users whose rules are kept. */
const MAX_USERS = 4_096;

/** All roles and bindings of a moment, indexed by subject. Immutable: make a new one when a role or binding changes. */
export class RbacPolicy {
  readonly #roles: ReadonlyMap<string, DeepReadonly<Role>>;
  readonly #clusterRoles: ReadonlyMap<string, DeepReadonly<ClusterRole>>;
  readonly #bindings = new Map<string, Binding[]>();
  readonly #users = new Map<string, UserRules>();

  constructor({ roles, clusterRoles, roleBindings, clusterRoleBindings }: RbacObjects) {
    this.#roles = new Map(roles.map((role) => [`${role.metadata.namespace}/${role.metadata.name}`, role]));
    this.#clusterRoles = new Map(clusterRoles.map((role) => [role.metadata.name, role]));
    for (const { metadata, roleRef, subjects } of clusterRoleBindings) {
      for (const subject of subjects ?? [])
        this.#index({ kind: 'ClusterRoleBinding', namespace: '', name: metadata.name, roleRef, subject });
    }
    for (const { metadata, roleRef, subjects } of roleBindings) {
      for (const subject of subjects ?? []) {
        this.#index({ kind: 'RoleBinding', namespace: metadata.namespace ?? '', name: metadata.name, roleRef, subject });
      }
    }
  }

  /** What is granted to a user, worked out once a user. */
  rulesOf(user: RbacUser): UserRules {
    const key = [user.name, ...user.groups].join('\n');
    const known = this.#users.get(key);
    if (known !== undefined) return known;
    if (this.#users.size >= MAX_USERS) this.#users.clear();
    const rules = this.#collect([`User ${user.name}`, ...user.groups.map((group) => `Group ${group}`)]);
    this.#users.set(key, rules);
    return rules;
  }

  #index(binding: Binding): void {
    const key = subjectKey(binding.subject, binding.namespace);
    if (key === undefined) return;
    const same = this.#bindings.get(key);
    if (same === undefined) this.#bindings.set(key, [binding]);
    else same.push(binding);
  }

  #collect(subjects: readonly string[]): UserRules {
    const cluster: GrantedRules[] = [];
    const byNamespace = new Map<string, GrantedRules[]>();
    const errors = new Set<string>();
    for (const binding of subjects.flatMap((subject) => this.#bindings.get(subject) ?? [])) {
      const rules = this.rulesOfRole(binding.roleRef, binding.namespace);
      if (rules === undefined) {
        errors.add(`${binding.roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(binding.roleRef.name)} not found`);
        continue;
      }
      const granted = { source: sourceOf(binding), rules };
      if (binding.kind === 'ClusterRoleBinding') cluster.push(granted);
      else byNamespace.set(binding.namespace, [...(byNamespace.get(binding.namespace) ?? []), granted]);
    }
    return { cluster, byNamespace, errors: [...errors] };
  }

  /** Undefined: there is no such role. `namespace` is the binding's. */
  rulesOfRole(roleRef: DeepReadonly<RoleRef>, namespace: string): readonly DeepReadonly<PolicyRule>[] | undefined {
    if (roleRef.kind === 'Role') return namespace === '' ? undefined : rulesIn(this.#roles.get(`${namespace}/${roleRef.name}`));
    const role = this.#clusterRoles.get(roleRef.name);
    return role === undefined ? undefined : this.#aggregated(role, new Set());
  }

  /** A role's own rules and those of the roles it aggregates, so that new parts count before a controller has copied them. */
  #aggregated(role: DeepReadonly<ClusterRole>, seen: Set<string>): DeepReadonly<PolicyRule>[] {
    seen.add(role.metadata.name);
    const rules = [...(role.rules ?? [])];
    for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
      for (const part of this.#clusterRoles.values()) {
        if (!seen.has(part.metadata.name) && matchesLabelSelector(selector, part.metadata.labels))
          rules.push(...this.#aggregated(part, seen));
      }
    }
    return rules;
  }
}

function rulesIn(role: DeepReadonly<Role> | undefined): readonly DeepReadonly<PolicyRule>[] | undefined {
  return role === undefined ? undefined : (role.rules ?? []);
}

function subjectKey({ kind, name, namespace }: DeepReadonly<Subject>, bindingNamespace: string): string | undefined {
  if (kind === 'User' || kind === 'Group') return `${kind} ${name}`;
  const home = namespace || bindingNamespace;
  return kind === 'ServiceAccount' && home !== '' ? `User system:serviceaccount:${home}:${name}` : undefined;
}

function sourceOf({ kind, namespace, name, roleRef, subject }: Binding): string {
  const bound = JSON.stringify(namespace === '' ? name : `${name}/${namespace}`);
  const whom = JSON.stringify(subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace || namespace}` : subject.name);
  return `${kind} ${bound} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${whom}`;
}
