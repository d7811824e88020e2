import { isDeepStrictEqual } from 'node:util';
import type { ReplicaSet } from '../../shared/api/generated/apps-v1.ts';
import type { PodTemplateSpec, ReplicationController } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly, LabelSelector } from '../../shared/api/meta.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { FIELD_IMMUTABLE } from './names.ts';
import { validatePodTemplate } from './pod-spec.ts';
import { isEmptySelector, selectsTemplate, validateLabelSelector } from './selectors.ts';

/** Source: kubernetes pkg/apis/apps/validation ValidateReplicaSet. */
export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  const errors = new ErrorList();
  errors.nonNegative('spec.replicas', spec.replicas);
  errors.nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  if (validateSelector(errors, spec.selector)) {
    if (isEmptySelector(spec.selector)) errors.invalid('spec.selector', spec.selector, 'empty selector is invalid for deployment');
  }
  validateReplicatedTemplate(errors, spec.template, spec.selector);
  return errors.items;
}

export function validateReplicaSetUpdate(set: ReplicaSet, old: ReplicaSet): FieldError[] {
  return [...validateReplicaSet(set), ...selectorUnchanged(set.spec.selector, old.spec.selector)];
}

/** False, and an error, if there is none. */
export function validateSelector(errors: ErrorList, selector: DeepReadonly<LabelSelector> | null | undefined): boolean {
  if (selector === null || selector === undefined) {
    errors.required('spec.selector');
    return false;
  }
  validateLabelSelector(errors, selector, 'spec.selector');
  return true;
}

export function selectorUnchanged(selector: unknown, old: unknown): FieldError[] {
  const errors = new ErrorList();
  if (!isDeepStrictEqual(selector, old)) errors.invalid('spec.selector', selector, FIELD_IMMUTABLE);
  return errors.items;
}

/** A template whose pods run for ever and are picked by the selector. Source: ValidatePodTemplateSpecForReplicaSet. */
export function validateReplicatedTemplate(
  errors: ErrorList,
  template: DeepReadonly<PodTemplateSpec> | undefined,
  selector: DeepReadonly<LabelSelector> | undefined,
): void {
  const path = 'spec.template';
  if (template === undefined) return errors.required(path);
  const labels = template.metadata?.labels;
  if (!selectsTemplate(selector, labels)) {
    errors.invalid(`${path}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`');
  }
  validatePodTemplate(errors, template, path);
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== undefined && restartPolicy !== 'Always')
    errors.notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always']);
  if (activeDeadlineSeconds !== undefined) {
    errors.forbidden(`${path}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported');
  }
}

/** Source: kubernetes pkg/apis/core/validation ValidateReplicationControllerSpec. */
export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const errors = new ErrorList();
  errors.nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  if (Object.keys(spec.selector ?? {}).length === 0) errors.required('spec.selector');
  errors.nonNegative('spec.replicas', spec.replicas);
  validateReplicatedTemplate(errors, spec.template, { matchLabels: spec.selector ?? {} });
  return errors.items;
}
