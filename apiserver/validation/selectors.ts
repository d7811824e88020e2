import type { DeepReadonly, LabelSelector } from '../../shared/api/meta.ts';
import { type Labels, matchesLabelSelector, SelectorError } from '../../shared/machinery/label-selector.ts';
import { validateLabels } from '../registry/validate-object-meta.ts';
import type { ErrorList } from './error-list.ts';
import { labelValue, qualifiedName } from './names.ts';

/** Source: apimachinery v1/validation ValidateLabelSelector. */
export function validateLabelSelector(errors: ErrorList, selector: DeepReadonly<LabelSelector> | null | undefined, path: string): void {
  if (selector === null || selector === undefined) return;
  validateLabels(errors, selector.matchLabels, `${path}.matchLabels`);
  (selector.matchExpressions ?? []).forEach(({ key, operator, values }, i) => {
    const at = `${path}.matchExpressions[${i}]`;
    if (operator === 'In' || operator === 'NotIn') {
      if ((values ?? []).length === 0) errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if ((values ?? []).length > 0) errors.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else errors.invalid(`${at}.operator`, operator, 'not a valid selector operator');
    errors.invalidAll(`${at}.key`, key, qualifiedName(key));
    (values ?? []).forEach((value, j) => void errors.invalidAll(`${at}.values[${j}]`, value, labelValue(value)));
  });
}

export function isEmptySelector(selector: DeepReadonly<LabelSelector>): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
}

/** Whether a workload's selector picks its own template; true for selectors that are refused for another reason. */
export function selectsTemplate(selector: DeepReadonly<LabelSelector> | null | undefined, labels: Labels | undefined): boolean {
  if (selector === null || selector === undefined || isEmptySelector(selector)) return true;
  try {
    return matchesLabelSelector(selector, labels);
  } catch (error) {
    if (error instanceof SelectorError) return true;
    throw error;
  }
}
