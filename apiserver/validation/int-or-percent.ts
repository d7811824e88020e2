import type { ErrorList } from './error-list.ts';
import { percent } from './names.ts';

type IntOrPercent = number | string | undefined;

/** A count that is not negative, or a percentage. Source: kubernetes apps/validation ValidatePositiveIntOrPercent. */
export function validateIntOrPercent(errors: ErrorList, value: IntOrPercent, field: string): void {
  if (typeof value === 'string') errors.invalidAll(field, value, percent(value));
  else errors.nonNegative(field, value);
}

export function atMostAll(errors: ErrorList, value: IntOrPercent, field: string): void {
  if (typeof value === 'string' && percent(value).length === 0 && Number(value.slice(0, -1)) > 100) {
    errors.invalid(field, value, 'must not be greater than 100%');
  }
}

/** Whether it comes to nothing whatever it is a part of. */
export function isZero(value: IntOrPercent): boolean {
  return value === 0 || value === undefined || (typeof value === 'string' && /^0+%$/.test(value));
}
