import type { ResourceRequirements } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { compareQuantities, quantityMilli } from '../../shared/machinery/quantity.ts';
import type { ErrorList } from './error-list.ts';
import { qualifiedName } from './names.ts';

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
const STANDARD_RESOURCES = new Set([
  'cpu', 'memory', 'ephemeral-storage', 'storage', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'requests.storage', 'limits.cpu',
  'limits.memory', 'limits.ephemeral-storage', 'pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps',
  'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers',
]); // biome-ignore format: one list
/** Counted in whole things. */
const INTEGER_RESOURCES = new Set([
  'pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports',
  'services.loadbalancers',
]); // biome-ignore format: one list

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
/** Resources that nodes hand out by device or page cannot be promised twice. */
const isOvercommitAllowed = (name: string): boolean => (!name.includes('/') ? !isHugePages(name) : name.split('/')[0] === 'kubernetes.io');

/** Source: kubernetes pkg/apis/core/validation ValidateResourceRequirements. */
export function validateResources(errors: ErrorList, resources: DeepReadonly<ResourceRequirements> | undefined, path: string): void {
  if (resources === undefined) return;
  const { limits = {}, requests = {} } = resources;
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  for (const [name, quantity] of Object.entries(limits)) validateEntry(errors, name, quantity, `${path}.limits[${name}]`);
  for (const [name, quantity] of Object.entries(requests)) {
    validateEntry(errors, name, quantity, `${path}.requests[${name}]`);
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (limit === undefined) {
      if (!isOvercommitAllowed(name)) errors.required(`${path}.limits`, 'Limit must be set for non overcommitable resources');
      continue;
    }
    const difference = compareQuantities(quantity, limit);
    if (difference !== 0 && !isOvercommitAllowed(name)) {
      errors.invalid(`${path}.requests`, quantity, `must be equal to ${name} limit of ${limit}`);
    } else if (difference > 0) errors.invalid(`${path}.requests`, quantity, `must be less than or equal to ${name} limit of ${limit}`);
  }
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory'))
    errors.forbidden(path, 'HugePages require cpu or memory');
  const claims = new Set<string>();
  (resources.claims ?? []).forEach(({ name }, i) => {
    if (name === '') errors.required(`${path}.claims[${i}]`);
    else if (claims.has(name)) errors.duplicate(`${path}.claims[${i}]`, name);
    claims.add(name);
  });
}

function validateEntry(errors: ErrorList, name: string, quantity: string, field: string): void {
  validateContainerResourceName(errors, name, field);
  validateQuantity(errors, name, quantity, field);
}

/** A resource that a container may ask for. */
export function validateContainerResourceName(errors: ErrorList, name: string, field: string): void {
  validateResourceName(errors, name, field);
  if (!name.includes('/') && !CONTAINER_RESOURCES.has(name) && !isHugePages(name)) {
    errors.invalid(field, name, 'must be a standard resource for containers');
  }
}

export function validateResourceName(errors: ErrorList, name: string, field: string): void {
  const problems = qualifiedName(name);
  errors.invalidAll(field, name, problems);
  if (problems.length === 0 && !name.includes('/') && !STANDARD_RESOURCES.has(name) && !isHugePages(name)) {
    errors.invalid(field, name, 'must be a standard resource type or fully qualified');
  }
}

/** Not negative, and whole for what is counted. */
export function validateQuantity(errors: ErrorList, name: string, quantity: string, field: string): void {
  nonNegativeQuantity(errors, quantity, field);
  if ((INTEGER_RESOURCES.has(name) || (name.includes('/') && !name.startsWith('requests.'))) && quantityMilli(quantity) % 1000 !== 0) {
    errors.invalid(field, quantity, 'must be an integer');
  }
}

export function nonNegativeQuantity(errors: ErrorList, quantity: string, field: string): void {
  if (compareQuantities(quantity, '0') < 0) errors.invalid(field, quantity, 'must be greater than or equal to 0');
}
