import type { PolicyRule } from '../../shared/api/generated/rbac-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { GrantedRules, RbacPolicy } from './rbac-policy.ts';

export interface RbacUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What a request wants. With `path` it is about that path, else about a resource. '' or absent: none, all. */
export interface RbacAttributes {
  verb: string;
  group?: string | undefined;
  resource?: string | undefined;
  subresource?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
  path?: string | undefined;
}

export interface Verdict {
  allowed: boolean;
  /** Which binding allowed it, or what went wrong on the way; for the log and the answer's message. */
  reason: string;
}

const SUPERUSERS = 'system:masters';

/** Whether some role that is bound to the user allows it. Members of system:masters may do everything, whatever the roles say. */
export function authorize(user: RbacUser, attributes: RbacAttributes, policy: RbacPolicy): Verdict {
  if (user.groups.includes(SUPERUSERS)) return { allowed: true, reason: '' };
  const { cluster, byNamespace, errors } = policy.rulesOf(user);
  const granting = cluster.find((granted) => allows(granted, attributes)) ?? inNamespace(byNamespace, attributes);
  if (granting !== undefined) return { allowed: true, reason: `RBAC: allowed by ${granting.source}` };
  return { allowed: false, reason: errors.length === 0 ? '' : `RBAC: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}` };
}

function inNamespace(byNamespace: ReadonlyMap<string, readonly GrantedRules[]>, attributes: RbacAttributes): GrantedRules | undefined {
  if (attributes.path !== undefined || attributes.namespace === undefined || attributes.namespace === '') return undefined;
  return byNamespace.get(attributes.namespace)?.find((granted) => allows(granted, attributes));
}

function allows({ rules }: GrantedRules, attributes: RbacAttributes): boolean {
  return rules.some((rule) => ruleAllows(rule, attributes));
}

/** Source: kubernetes plugin/pkg/auth/authorizer/rbac RuleAllows. */
function ruleAllows(
  rule: DeepReadonly<PolicyRule>,
  { verb, group = '', resource = '', subresource = '', name = '', path }: RbacAttributes,
): boolean {
  if (!matches(rule.verbs, verb)) return false;
  if (path !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, path));
  return (
    matches(rule.apiGroups, group) &&
    (rule.resources ?? []).some((pattern) => resourceMatches(pattern, resource, subresource)) &&
    (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(name))
  );
}

function matches(patterns: readonly string[] | undefined, value: string): boolean {
  return patterns?.some((pattern) => pattern === '*' || pattern === value) ?? false;
}

function resourceMatches(pattern: string, resource: string, subresource: string): boolean {
  if (pattern === '*') return true;
  if (subresource === '') return pattern === resource;
  return pattern === `${resource}/${subresource}` || pattern === `*/${subresource}`;
}

/** Whether a rule's `nonResourceURLs` entry covers a path, or another entry. */
export function pathMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}
