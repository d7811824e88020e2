import { isDeepStrictEqual } from 'node:util';
import type { NetworkPolicy } from '../../shared/api/generated/networking-v1.ts';
import type { PodDisruptionBudget } from '../../shared/api/generated/policy-v1.ts';
import type { PriorityClass } from '../../shared/api/generated/scheduling-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { PROTOCOLS } from './containers.ts';
import { ErrorList } from './error-list.ts';
import { atMostAll, validateIntOrPercent } from './int-or-percent.ts';
import { cidr, port, portName } from './names.ts';
import { validateLabelSelector } from './selectors.ts';

/** Source: kubernetes pkg/apis/policy/validation ValidatePodDisruptionBudgetSpec. */
export function validateDisruptionBudget({ spec }: PodDisruptionBudget): FieldError[] {
  const errors = new ErrorList();
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    errors.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set');
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    validateIntOrPercent(errors, spec[field], `spec.${field}`);
    atMostAll(errors, spec[field], `spec.${field}`);
  }
  validateLabelSelector(errors, spec.selector, 'spec.selector');
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined) errors.oneOf('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget']);
  return errors.items;
}

/** Values above are for the system's own classes. Source: scheduling HighestUserDefinablePriority. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

/** Source: kubernetes pkg/apis/scheduling/validation ValidatePriorityClass. */
export function validatePriorityClass({ metadata, value, preemptionPolicy, globalDefault }: PriorityClass): FieldError[] {
  const errors = new ErrorList();
  const { name = '' } = metadata;
  if (name.startsWith('system-')) {
    if (SYSTEM_CLASSES[name] !== value || globalDefault === true) {
      errors.forbidden('metadata.name', "priority class names with 'system-' prefix are reserved for system use only");
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    errors.forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`);
  }
  if (preemptionPolicy !== undefined) errors.oneOf('preemptionPolicy', preemptionPolicy, ['Never', 'PreemptLowerPriority']);
  return errors.items;
}

export function validatePriorityClassUpdate(now: PriorityClass, old: PriorityClass): FieldError[] {
  const errors = new ErrorList();
  if (now.value !== old.value) errors.forbidden('value', 'may not be changed in an update.');
  if (!isDeepStrictEqual(now.preemptionPolicy, old.preemptionPolicy)) {
    errors.invalid('preemptionPolicy', now.preemptionPolicy ?? null, 'field is immutable');
  }
  return errors.items;
}

type Peer = NonNullable<NonNullable<NonNullable<NetworkPolicy['spec']['ingress']>[number]['from']>[number]>;

/** Source: kubernetes pkg/apis/networking/validation ValidateNetworkPolicySpec. */
export function validateNetworkPolicy({ spec }: NetworkPolicy): FieldError[] {
  const errors = new ErrorList();
  validateLabelSelector(errors, spec.podSelector, 'spec.podSelector');
  (spec.ingress ?? []).forEach(({ ports, from }, i) => {
    validatePorts(errors, ports ?? [], `spec.ingress[${i}].ports`);
    (from ?? []).forEach((peer, j) => void validatePeer(errors, peer, `spec.ingress[${i}].from[${j}]`));
  });
  (spec.egress ?? []).forEach(({ ports, to }, i) => {
    validatePorts(errors, ports ?? [], `spec.egress[${i}].ports`);
    (to ?? []).forEach((peer, j) => void validatePeer(errors, peer, `spec.egress[${i}].to[${j}]`));
  });
  const types = spec.policyTypes ?? [];
  if (types.length > 2) errors.invalid('spec.policyTypes', types, 'may not specify more than two policyTypes');
  else types.forEach((type, i) => void errors.oneOf(`spec.policyTypes[${i}]`, type, ['Egress', 'Ingress']));
  return errors.items;
}

function validatePorts(
  errors: ErrorList,
  ports: NonNullable<NonNullable<NetworkPolicy['spec']['ingress']>[number]['ports']>,
  path: string,
): void {
  ports.forEach(({ protocol, port: number, endPort }, i) => {
    if (protocol !== undefined) errors.oneOf(`${path}[${i}].protocol`, protocol, PROTOCOLS);
    if (typeof number === 'number') {
      errors.invalidAll(`${path}[${i}].port`, number, port(number));
      if (endPort === undefined) return;
      if (endPort < number) errors.invalid(`${path}[${i}].endPort`, endPort, 'must be greater than or equal to `port`');
      errors.invalidAll(`${path}[${i}].endPort`, endPort, port(endPort));
    } else {
      if (endPort !== undefined)
        errors.invalid(`${path}[${i}].endPort`, endPort, 'may not be specified when `port` is not specified or non-numeric');
      if (typeof number === 'string') errors.invalidAll(`${path}[${i}].port`, number, portName(number));
    }
  });
}

function validatePeer(errors: ErrorList, peer: Peer, path: string): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  validateLabelSelector(errors, podSelector, `${path}.podSelector`);
  validateLabelSelector(errors, namespaceSelector, `${path}.namespaceSelector`);
  const count = [podSelector, namespaceSelector, ipBlock].filter((part) => part !== undefined).length;
  if (count === 0) errors.required(path, 'must specify a peer');
  if (ipBlock === undefined) return;
  if (count > 1) errors.forbidden(path, 'may not specify both ipBlock and another peer');
  if (ipBlock.cidr === '') errors.required(`${path}.ipBlock.cidr`);
  else errors.invalidAll(`${path}.ipBlock.cidr`, ipBlock.cidr, cidr(ipBlock.cidr));
  (ipBlock.except ?? []).forEach((range, i) => void errors.invalidAll(`${path}.ipBlock.except[${i}]`, range, cidr(range)));
}
