import type { Deployment, DeploymentStrategy } from '../../shared/api/generated/apps-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { atMostAll, isZero, validateIntOrPercent } from './int-or-percent.ts';
import { selectorUnchanged, validateReplicatedTemplate, validateSelector } from './replica-set.ts';
import { isEmptySelector } from './selectors.ts';

/** Source: kubernetes pkg/apis/apps/validation ValidateDeployment. */
export function validateDeployment({ spec }: Deployment): FieldError[] {
  const errors = new ErrorList();
  errors.nonNegative('spec.replicas', spec.replicas);
  if (validateSelector(errors, spec.selector) && isEmptySelector(spec.selector)) {
    errors.invalid('spec.selector', spec.selector, 'empty selector is invalid for deployment');
  }
  validateReplicatedTemplate(errors, spec.template, spec.selector);
  validateStrategy(errors, spec.strategy);
  const { minReadySeconds = 0, progressDeadlineSeconds: deadline } = spec;
  errors.nonNegative('spec.minReadySeconds', minReadySeconds);
  errors.nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit);
  errors.nonNegative('spec.progressDeadlineSeconds', deadline);
  if (deadline !== undefined && deadline <= minReadySeconds) {
    errors.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
  }
  return errors.items;
}

export function validateDeploymentUpdate(deployment: Deployment, old: Deployment): FieldError[] {
  return [...validateDeployment(deployment), ...selectorUnchanged(deployment.spec.selector, old.spec.selector)];
}

function validateStrategy(errors: ErrorList, strategy: DeploymentStrategy): void {
  const path = 'spec.strategy';
  const rolling = strategy.rollingUpdate;
  if (strategy.type === 'Recreate') {
    if (rolling !== undefined) errors.forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'");
    return;
  }
  if (strategy.type !== 'RollingUpdate') return errors.notSupported(path, strategy, ['Recreate', 'RollingUpdate']);
  if (rolling === undefined) return errors.required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil');
  const at = `${path}.rollingUpdate`;
  validateIntOrPercent(errors, rolling.maxUnavailable, `${at}.maxUnavailable`);
  validateIntOrPercent(errors, rolling.maxSurge, `${at}.maxSurge`);
  if (isZero(rolling.maxUnavailable) && isZero(rolling.maxSurge)) {
    errors.invalid(`${at}.maxUnavailable`, rolling.maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0');
  }
  atMostAll(errors, rolling.maxUnavailable, `${at}.maxUnavailable`);
}
