import type { Affinity, NodeSelector, NodeSelectorTerm, PodAffinityTerm, PodSpec, Toleration } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ErrorList } from './error-list.ts';
import { labelName, labelValue, qualifiedName } from './names.ts';
import { validateLabelSelector } from './selectors.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const WEIGHT_RULE = 'must be in the range 1-100';

/** Source: kubernetes pkg/apis/core/validation ValidateTolerations. */
export function validateTolerations(errors: ErrorList, tolerations: DeepReadonly<Toleration[]> | undefined, path: string): void {
  (tolerations ?? []).forEach((toleration, i) => {
    const at = `${path}[${i}]`;
    const {
      key = '',
      operator = '',
      value = '',
      effect = '',
      tolerationSeconds,
    } = toleration as Readonly<Record<string, string>> & Toleration;
    if (key !== '') errors.invalidAll(`${at}.key`, key, qualifiedName(key));
    else if (operator !== 'Exists') {
      errors.invalid(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    if (operator === '' || operator === 'Equal') {
      const problems = labelValue(value);
      if (problems.length > 0) errors.invalid(`${at}.operator`, value, problems.join(';'));
    } else if (operator === 'Exists') {
      if (value !== '') errors.invalid(`${at}.operator`, toleration, "value must be empty when `operator` is 'Exists'");
    } else errors.notSupported(`${at}.operator`, operator, ['Equal', 'Exists']);
    if (effect !== '' && !EFFECTS.includes(effect)) errors.notSupported(`${at}.effect`, effect, EFFECTS);
  });
}

export function validateAffinity(errors: ErrorList, affinity: DeepReadonly<Affinity> | undefined, path: string): void {
  if (affinity === undefined) return;
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  if (nodeAffinity !== undefined) {
    const at = `${path}.nodeAffinity`;
    const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred } =
      nodeAffinity;
    if (required !== undefined) validateNodeSelector(errors, required, `${at}.requiredDuringSchedulingIgnoredDuringExecution`);
    (preferred ?? []).forEach(({ weight, preference }, i) => {
      const item = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      if (weight <= 0 || weight > 100) errors.invalid(`${item}.weight`, weight, WEIGHT_RULE);
      validateNodeSelectorTerm(errors, preference, `${item}.preference`);
    });
  }
  for (const [name, terms] of Object.entries({ podAffinity, podAntiAffinity })) {
    if (terms === undefined) continue;
    const at = `${path}.${name}`;
    (terms.requiredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, i) => {
      validatePodAffinityTerm(errors, term, `${at}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`);
    });
    (terms.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach(({ weight, podAffinityTerm }, i) => {
      const item = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      if (weight <= 0 || weight > 100) errors.invalid(`${item}.weight`, weight, WEIGHT_RULE);
      validatePodAffinityTerm(errors, podAffinityTerm, `${item}.podAffinityTerm`);
    });
  }
}

export function validateNodeSelector(errors: ErrorList, selector: DeepReadonly<NodeSelector>, path: string): void {
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) errors.required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term');
  terms.forEach((term, i) => void validateNodeSelectorTerm(errors, term, `${path}.nodeSelectorTerms[${i}]`));
}

function validateNodeSelectorTerm(errors: ErrorList, term: DeepReadonly<NodeSelectorTerm>, path: string): void {
  (term.matchExpressions ?? []).forEach((requirement, i) => {
    const at = `${path}.matchExpressions[${i}]`;
    const values = requirement.values ?? [];
    switch (requirement.operator as string) {
      case 'In':
      case 'NotIn':
        if (values.length === 0) errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0) errors.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        break;
      case 'Gt':
      case 'Lt':
        if (values.length !== 1) errors.required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
        break;
      default:
        errors.invalid(`${at}.operator`, requirement.operator, 'not a valid selector operator');
    }
    errors.invalidAll(`${at}.key`, requirement.key, qualifiedName(requirement.key));
    values.forEach((value, j) => void errors.invalidAll(`${at}.values[${j}]`, value, labelValue(value)));
  });
  (term.matchFields ?? []).forEach((requirement, i) => {
    const at = `${path}.matchFields[${i}]`;
    if (requirement.operator !== 'In' && requirement.operator !== 'NotIn')
      errors.invalid(`${at}.operator`, requirement.operator, 'not a valid selector operator');
    else if ((requirement.values ?? []).length !== 1)
      errors.required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
    if (requirement.key !== 'metadata.name') errors.invalid(`${at}.key`, requirement.key, 'not a valid field selector key');
  });
}

function validatePodAffinityTerm(errors: ErrorList, term: DeepReadonly<PodAffinityTerm>, path: string): void {
  validateLabelSelector(errors, term.labelSelector, `${path}.labelSelector`);
  validateLabelSelector(errors, term.namespaceSelector, `${path}.namespaceSelector`);
  for (const name of term.namespaces ?? []) errors.invalidAll(`${path}.namespace`, name, labelName(name, false));
  if (term.topologyKey === '') errors.required(`${path}.topologyKey`, 'can not be empty');
  else errors.invalidAll(`${path}.topologyKey`, term.topologyKey, qualifiedName(term.topologyKey));
}

/** Source: kubernetes pkg/apis/core/validation validateTopologySpreadConstraints. */
export function validateTopologySpread(
  errors: ErrorList,
  constraints: DeepReadonly<PodSpec['topologySpreadConstraints']>,
  path: string,
): void {
  const seen = new Set<string>();
  (constraints ?? []).forEach((constraint, i) => {
    const at = `${path}[${i}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint;
    if (maxSkew <= 0) errors.invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero');
    if (topologyKey === '') errors.required(`${at}.topologyKey`, 'can not be empty');
    else errors.invalidAll(`${at}.topologyKey`, topologyKey, qualifiedName(topologyKey));
    errors.oneOf(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']);
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair);
    seen.add(pair);
    errors.positive(`${at}.minDomains`, minDomains);
    if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
      const rule = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
      errors.invalid(`${at}.minDomains`, minDomains, rule);
    }
    for (const policy of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      if (constraint[policy] !== undefined) errors.oneOf(`${at}.${policy}`, constraint[policy], ['Honor', 'Ignore']);
    }
    validateLabelSelector(errors, constraint.labelSelector, `${at}.labelSelector`);
  });
}
