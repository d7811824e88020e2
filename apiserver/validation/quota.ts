import type { LimitRange, ResourceQuota } from '../../shared/api/generated/core-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { compareQuantities } from '../../shared/machinery/quantity.ts';
import { own } from '../schema/record.ts';
import { ErrorList } from './error-list.ts';
import { qualifiedName } from './names.ts';
import { validateQuantity, validateResourceName } from './resources.ts';

const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];
const LIMIT_TYPES = new Set(['Pod', 'Container', 'PersistentVolumeClaim']);

/** Source: kubernetes pkg/apis/core/validation ValidateResourceQuota. */
export function validateResourceQuota({ spec }: ResourceQuota): FieldError[] {
  const errors = new ErrorList();
  for (const [name, quantity] of Object.entries(spec.hard ?? {})) {
    const field = `spec.hard[${name}]`;
    if (name.includes('/') || name.includes('.storageclass.')) errors.invalidAll(field, name, qualifiedName(name));
    else validateResourceName(errors, name, field);
    validateQuantity(errors, name, quantity, field);
  }
  const scopes: readonly string[] = spec.scopes ?? [];
  for (const scope of scopes) if (!SCOPES.includes(scope)) errors.invalid('spec.scopes', scopes, 'unsupported scope');
  if (
    (scopes.includes('BestEffort') && scopes.includes('NotBestEffort')) ||
    (scopes.includes('Terminating') && scopes.includes('NotTerminating'))
  ) {
    errors.invalid('spec.scopes', scopes, 'conflicting scopes');
  }
  return errors.items;
}

/** Minimum ≤ default request ≤ default ≤ maximum. Source: kubernetes pkg/apis/core/validation ValidateLimitRange. */
export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const errors = new ErrorList();
  const types = new Set<string>();
  (spec.limits ?? []).forEach((item, i) => {
    const at = `spec.limits[${i}]`;
    const type: string = item.type;
    if (!LIMIT_TYPES.has(type)) errors.invalidAll(`${at}.type`, type, qualifiedName(type));
    if (types.has(type)) errors.duplicate(`${at}.type`, type);
    types.add(type);
    if (type === 'Pod') {
      if (item.default !== undefined) errors.forbidden(`${at}.default`, "may not be specified when `type` is 'Pod'");
      if (item.defaultRequest !== undefined) errors.forbidden(`${at}.defaultRequest`, "may not be specified when `type` is 'Pod'");
    }
    if (type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
      errors.required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided');
    }
    const lists = { max: item.max, min: item.min, default: item.default, defaultRequest: item.defaultRequest };
    const names = new Set(Object.values(lists).flatMap((list) => Object.keys(list ?? {})));
    for (const name of names) {
      validateResourceName(errors, name, `${at}.max[${name}]`);
      for (const [list, values] of Object.entries(lists)) {
        const quantity = own(values, name);
        if (quantity !== undefined) validateQuantity(errors, name, quantity, `${at}.${list}[${name}]`);
      }
      ordered(errors, item, name, at);
    }
  });
  return errors.items;
}

type Item = NonNullable<LimitRange['spec']['limits']>[number];
const ORDERED = [
  { low: 'min', high: 'max', field: 'min', text: 'min value %l is greater than max value %h' },
  { low: 'min', high: 'defaultRequest', field: 'defaultRequest', text: 'min value %l is greater than default request value %h' },
  { low: 'defaultRequest', high: 'max', field: 'defaultRequest', text: 'default request value %l is greater than max value %h' },
  {
    low: 'defaultRequest',
    high: 'default',
    field: 'defaultRequest',
    text: 'default request value %l is greater than default limit value %h',
  },
  { low: 'min', high: 'default', field: 'default', text: 'min value %l is greater than default value %h' },
  { low: 'default', high: 'max', field: 'default', text: 'default value %l is greater than max value %h' },
] as const;

function ordered(errors: ErrorList, item: Item, name: string, at: string): void {
  for (const { low, high, field, text } of ORDERED) {
    const [less, more] = [own(item[low], name), own(item[high], name)];
    if (less === undefined || more === undefined || compareQuantities(less, more) <= 0) continue;
    errors.invalid(`${at}.${field}[${name}]`, own(item[field], name), text.replace('%l', less).replace('%h', more));
  }
}
