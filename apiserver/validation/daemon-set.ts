import type { DaemonSet } from '../../shared/api/generated/apps-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { atMostAll, isZero, validateIntOrPercent } from './int-or-percent.ts';
import { validatePodTemplate } from './pod-spec.ts';
import { selectorUnchanged, validateSelector } from './replica-set.ts';
import { isEmptySelector, selectsTemplate } from './selectors.ts';

/** Source: kubernetes pkg/apis/apps/validation ValidateDaemonSetSpec. */
export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  const errors = new ErrorList();
  const { selector, template, updateStrategy } = spec;
  const selects = validateSelector(errors, selector);
  const labels = template.metadata?.labels;
  if (selects && !isEmptySelector(selector) && !selectsTemplate(selector, labels)) {
    errors.invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`');
  }
  if (selects && isEmptySelector(selector)) errors.invalid('spec.selector', selector, 'empty selector is invalid for daemonset');
  validatePodTemplate(errors, template, 'spec.template');
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== undefined && restartPolicy !== 'Always') {
    errors.notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']);
  }
  if (activeDeadlineSeconds !== undefined) {
    errors.forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in DaemonSet is not Supported');
  }
  errors.nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  validateStrategy(errors, updateStrategy);
  errors.nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit);
  return errors.items;
}

export function validateDaemonSetUpdate(set: DaemonSet, old: DaemonSet): FieldError[] {
  return [...validateDaemonSet(set), ...selectorUnchanged(set.spec.selector, old.spec.selector)];
}

function validateStrategy(errors: ErrorList, strategy: DaemonSet['spec']['updateStrategy']): void {
  const path = 'spec.updateStrategy';
  if (strategy.type === 'OnDelete') return;
  if (strategy.type !== 'RollingUpdate') return errors.notSupported(path, strategy, ['RollingUpdate', 'OnDelete']);
  const rolling = strategy.rollingUpdate;
  if (rolling === undefined) return errors.required(`${path}.rollingUpdate`);
  const at = `${path}.rollingUpdate`;
  const [noneDown, noneExtra] = [isZero(rolling.maxUnavailable), isZero(rolling.maxSurge)];
  validateIntOrPercent(errors, rolling.maxUnavailable, `${at}.maxUnavailable`);
  atMostAll(errors, rolling.maxUnavailable, `${at}.maxUnavailable`);
  validateIntOrPercent(errors, rolling.maxSurge, `${at}.maxSurge`);
  atMostAll(errors, rolling.maxSurge, `${at}.maxSurge`);
  if (!noneDown && !noneExtra) errors.invalid(`${at}.maxSurge`, rolling.maxSurge, 'may not be set when maxUnavailable is non-zero');
  if (noneDown && noneExtra) errors.required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0');
}
