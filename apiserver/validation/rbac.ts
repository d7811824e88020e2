import { isDeepStrictEqual } from 'node:util';
import type { ClusterRole, PolicyRule, Role, RoleBinding, Subject } from '../../shared/api/generated/rbac-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { dnsSubdomain, pathSegment } from './names.ts';
import { validateLabelSelector } from './selectors.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** Source: kubernetes pkg/apis/rbac/validation. */
export function validateRole({ rules }: Role): FieldError[] {
  const errors = new ErrorList();
  (rules ?? []).forEach((rule, i) => void validateRule(errors, rule, `rules[${i}]`, true));
  return errors.items;
}

export function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = new ErrorList();
  (rules ?? []).forEach((rule, i) => void validateRule(errors, rule, `rules[${i}]`, false));
  if (aggregationRule !== undefined) {
    const selectors = aggregationRule.clusterRoleSelectors ?? [];
    if (selectors.length === 0)
      errors.required('aggregationRule.clusterRoleSelectors', 'at least one clusterRoleSelector required if aggregationRule is non-nil');
    selectors.forEach((selector, i) => void validateLabelSelector(errors, selector, `aggregationRule.clusterRoleSelectors[${i}]`));
  }
  return errors.items;
}

function validateRule(errors: ErrorList, rule: PolicyRule, path: string, namespaced: boolean): void {
  if ((rule.verbs ?? []).length === 0) errors.required(`${path}.verbs`, 'verbs must contain at least one value');
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length > 0) {
    if (namespaced) errors.invalid(`${path}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs');
    if ([rule.apiGroups, rule.resources, rule.resourceNames].some((list) => (list ?? []).length > 0)) {
      errors.invalid(`${path}.nonResourceURLs`, urls, 'rules cannot apply to both regular resources and non-resource URLs');
    }
    return;
  }
  if ((rule.apiGroups ?? []).length === 0) errors.required(`${path}.apiGroups`, 'resource rules must supply at least one api group');
  if ((rule.resources ?? []).length === 0) errors.required(`${path}.resources`, 'resource rules must supply at least one resource');
}

/** `kinds` are those that the binding may refer to. */
export function validateBinding({ roleRef, subjects }: RoleBinding, kinds: readonly string[]): FieldError[] {
  const errors = new ErrorList();
  if (roleRef.apiGroup !== GROUP) errors.notSupported('roleRef.apiGroup', roleRef.apiGroup, [GROUP]);
  errors.oneOf('roleRef.kind', roleRef.kind, kinds);
  if (roleRef.name === '') errors.required('roleRef.name');
  else errors.invalidAll('roleRef.name', roleRef.name, pathSegment(roleRef.name));
  (subjects ?? []).forEach((subject, i) => void validateSubject(errors, subject, `subjects[${i}]`, kinds.length > 1));
  return errors.items;
}

function validateSubject(errors: ErrorList, subject: Subject, path: string, namespaced: boolean): void {
  const { kind, name, namespace = '', apiGroup = '' } = subject;
  if (name === '') errors.required(`${path}.name`);
  if (kind === 'ServiceAccount') {
    if (name !== '') errors.invalidAll(`${path}.name`, name, dnsSubdomain(name));
    if (apiGroup !== '') errors.notSupported(`${path}.apiGroup`, apiGroup, ['']);
    if (!namespaced && namespace === '') errors.required(`${path}.namespace`);
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) errors.notSupported(`${path}.apiGroup`, apiGroup, [GROUP]);
  } else errors.notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']);
}

export function validateBindingUpdate(binding: RoleBinding, old: RoleBinding, kinds: readonly string[]): FieldError[] {
  const errors = new ErrorList();
  if (!isDeepStrictEqual(binding.roleRef, old.roleRef)) errors.invalid('roleRef', binding.roleRef, 'cannot change roleRef');
  return [...validateBinding(binding, kinds), ...errors.items];
}
