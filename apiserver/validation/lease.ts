import type { Lease } from '../../shared/api/generated/coordination-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';

/** Source: kubernetes pkg/apis/coordination/validation ValidateLeaseSpec. */
export function validateLease({ spec }: Lease): FieldError[] {
  const errors = new ErrorList();
  errors.positive('spec.leaseDurationSeconds', spec.leaseDurationSeconds);
  errors.nonNegative('spec.leaseTransitions', spec.leaseTransitions);
  return errors.items;
}
