import type { Namespace } from '../../shared/api/generated/core-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { qualifiedName } from './names.ts';

/** Source: kubernetes pkg/apis/core/validation ValidateNamespace. */
export function validateNamespace({ spec }: Namespace): FieldError[] {
  const errors = new ErrorList();
  for (const name of spec.finalizers ?? []) {
    errors.invalidAll('spec.finalizers', name, qualifiedName(name));
    if (!name.includes('/') && name !== 'kubernetes') {
      errors.invalid('spec.finalizers', name, 'name is neither a standard finalizer name nor is it fully qualified');
    }
  }
  return errors.items;
}
