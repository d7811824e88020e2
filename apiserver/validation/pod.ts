import { isDeepStrictEqual } from 'node:util';
import type { Pod, PodSpec, Toleration } from '../../shared/api/generated/core-v1.ts';
import { type FieldError, quote } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { ipAddress } from './names.ts';
import { validatePodSpec } from './pod-spec.ts';
import { validateTolerations } from './scheduling.ts';

const MAX_DEADLINE = 2 ** 31 - 1;
const UPDATABLE =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Source: kubernetes pkg/apis/core/validation ValidatePodCreate. */
export function validatePod(pod: Pod): FieldError[] {
  const errors = new ErrorList();
  validatePodSpec(errors, pod.spec, 'spec');
  if ((pod.spec.serviceAccountName ?? '') === '') {
    (pod.spec.volumes ?? []).forEach(({ projected }, i) => {
      (projected?.sources ?? []).forEach(({ serviceAccountToken }, j) => {
        if (serviceAccountToken === undefined) return;
        const field = `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`;
        errors.forbidden(field, 'must not be specified when serviceAccountName is not set');
      });
    });
  }
  for (const list of ['containers', 'initContainers'] as const) {
    (pod.spec[list] ?? []).forEach(({ image = '' }, i) => {
      if (image !== image.trim()) errors.invalid(`spec.${list}[${i}].image`, image, 'must not have leading or trailing whitespace');
    });
  }
  return errors.items;
}

/** A running pod keeps its spec but for a few fields. Source: ValidatePodUpdate. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors = new ErrorList();
  if (!sameCount(pod, old, 'containers')) errors.forbidden('spec.containers', 'pod updates may not add or remove containers');
  if (!sameCount(pod, old, 'initContainers')) errors.forbidden('spec.initContainers', 'pod updates may not add or remove containers');
  if (errors.items.length > 0) return errors.items;
  for (const list of ['containers', 'initContainers'] as const) {
    (pod.spec[list] ?? []).forEach(({ image = '' }, i) => {
      if (image === '') errors.required(`spec.${list}[${i}].image`);
      else if (image !== image.trim() && image !== old.spec[list]?.[i]?.image) {
        errors.invalid(`spec.${list}[${i}].image`, image, 'must not have leading or trailing whitespace');
      }
    });
  }
  if (!validDeadline(errors, pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds)) return errors.items;
  validateGateRemoval(errors, pod.spec, old.spec);
  validateAddedTolerations(errors, pod.spec.tolerations ?? [], old.spec.tolerations ?? []);
  if (!isDeepStrictEqual(withoutUpdatable(pod.spec, old.spec), withoutUpdatable(old.spec, old.spec))) {
    errors.forbidden('spec', `pod updates may not change fields other than ${UPDATABLE}`);
  }
  return errors.items;
}

function sameCount(pod: Pod, old: Pod, list: 'containers' | 'initContainers'): boolean {
  return (pod.spec[list] ?? []).length === (old.spec[list] ?? []).length;
}

/** A deadline may be set or come nearer. */
function validDeadline(errors: ErrorList, now: number | undefined, before: number | undefined): boolean {
  const field = 'spec.activeDeadlineSeconds';
  if (now !== undefined) {
    if (now < 0 || now > MAX_DEADLINE) errors.invalid(field, now, `must be between 0 and ${MAX_DEADLINE}, inclusive`);
    else if (before !== undefined && before < now) errors.invalid(field, now, 'must be less than or equal to previous value');
  } else if (before !== undefined) errors.invalid(field, null, 'must not update from a positive integer to nil value');
  return errors.items.length === 0;
}

function validateGateRemoval(errors: ErrorList, spec: PodSpec, old: PodSpec): void {
  const known = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  (spec.schedulingGates ?? []).forEach(({ name }, i) => {
    if (!known.has(name))
      errors.forbidden(`spec.schedulingGates[${i}]`, `only deletion is allowed, but found new scheduling gate ${quote(name)}`);
  });
}

function validateAddedTolerations(errors: ErrorList, tolerations: readonly Toleration[], old: readonly Toleration[]): void {
  const kept = old.every((before) =>
    tolerations.some((now) => isDeepStrictEqual({ ...now, tolerationSeconds: 0 }, { ...before, tolerationSeconds: 0 })),
  );
  if (!kept) errors.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds');
  validateTolerations(errors, tolerations, 'spec.tolerations');
}

/** The spec with the fields that may change taken from `old`. */
function withoutUpdatable(spec: PodSpec, old: PodSpec): unknown {
  const copy: Record<string, unknown> = { ...spec };
  for (const list of ['containers', 'initContainers'] as const) {
    if (spec[list] !== undefined && spec[list] !== null)
      copy[list] = spec[list].map((item, i) => ({ ...item, image: old[list]?.[i]?.image }));
  }
  copy['activeDeadlineSeconds'] = old.activeDeadlineSeconds;
  copy['tolerations'] = old.tolerations;
  copy['schedulingGates'] = old.schedulingGates;
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    copy['terminationGracePeriodSeconds'] = old.terminationGracePeriodSeconds;
  }
  if ((old.schedulingGates ?? []).length > 0) copy['nodeSelector'] = { ...spec.nodeSelector, ...old.nodeSelector };
  for (const key of Object.keys(copy)) if (copy[key] === undefined) delete copy[key];
  if ((old.schedulingGates ?? []).length > 0 && Object.keys(old.nodeSelector ?? {}).length === 0) delete copy['nodeSelector'];
  return copy;
}

/** Source: ValidatePodStatusUpdate. */
export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors = new ErrorList();
  (pod.status.podIPs ?? []).forEach(({ ip }, i) => void errors.invalidAll(`status.podIPs[${i}]`, ip, ipAddress(ip)));
  if (pod.spec.nodeName !== old.spec.nodeName) errors.forbidden('status.nodeName', 'may not be changed directly');
  for (const [list, statuses, previous] of [
    ['containerStatuses', pod.status.containerStatuses, old.status.containerStatuses],
    ['initContainerStatuses', pod.status.initContainerStatuses, old.status.initContainerStatuses],
  ] as const) {
    if (pod.spec.restartPolicy === 'Always' && list === 'containerStatuses') continue;
    for (const before of previous ?? []) {
      const now = (statuses ?? []).find(({ name }) => name === before.name);
      const ended = before.state?.terminated;
      if (ended === undefined || now === undefined || now.state?.terminated !== undefined) continue;
      const restarts = pod.spec.restartPolicy === 'OnFailure' && ended.exitCode !== 0;
      const container =
        list === 'initContainerStatuses' ? (pod.spec.initContainers ?? []).find(({ name }) => name === before.name) : undefined;
      if (restarts || container?.restartPolicy === 'Always' || (list === 'initContainerStatuses' && pod.spec.restartPolicy === 'Always'))
        continue;
      const i = (previous ?? []).indexOf(before);
      errors.forbidden(`status.${list}[${i}].state`, 'may not be transitioned to non-terminated state');
    }
  }
  return errors.items;
}
