import { isDeepStrictEqual } from 'node:util';
import type { StatefulSet } from '../../shared/api/generated/apps-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { validateReplicatedTemplate, validateSelector } from './replica-set.ts';
import { isEmptySelector } from './selectors.ts';

const UPDATABLE = [
  'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds',
] as const; // biome-ignore format: one list

/** Source: kubernetes pkg/apis/apps/validation ValidateStatefulSetSpec. */
export function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  const errors = new ErrorList();
  errors.oneOf('spec.podManagementPolicy', spec.podManagementPolicy, ['OrderedReady', 'Parallel']);
  const { type, rollingUpdate } = spec.updateStrategy;
  if (type === 'OnDelete') {
    if (rollingUpdate !== undefined) {
      const value = rollingUpdate;
      errors.invalid('spec.updateStrategy.rollingUpdate', value, "only allowed for updateStrategy 'RollingUpdate'");
    }
  } else if (type === 'RollingUpdate') errors.nonNegative('spec.updateStrategy.rollingUpdate.partition', rollingUpdate?.partition);
  else errors.invalid('spec.updateStrategy', spec.updateStrategy, "must be 'RollingUpdate' or 'OnDelete'");
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    errors.oneOf(`spec.persistentVolumeClaimRetentionPolicy.${when}`, retention?.[when], ['Retain', 'Delete']);
  }
  errors.nonNegative('spec.replicas', spec.replicas);
  errors.nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  errors.nonNegative('spec.ordinals.start', spec.ordinals?.start);
  if (validateSelector(errors, spec.selector) && isEmptySelector(spec.selector)) {
    errors.invalid('spec.selector', spec.selector, 'empty selector is invalid for statefulset');
  }
  validateReplicatedTemplate(errors, spec.template, spec.selector);
  return errors.items;
}

export function validateStatefulSetUpdate(set: StatefulSet, old: StatefulSet): FieldError[] {
  const errors = new ErrorList();
  const rest = ({ spec }: StatefulSet): unknown =>
    Object.fromEntries(Object.entries(spec).filter(([key]) => !(UPDATABLE as readonly string[]).includes(key)));
  if (!isDeepStrictEqual(rest(set), rest(old))) {
    errors.forbidden(
      'spec',
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    );
  }
  return [...validateStatefulSet(set), ...errors.items];
}
