import type { PodSpec, SecurityContext } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ErrorList } from './error-list.ts';

const MAX_ID = 2 ** 31 - 1;
const ID_RULE = `must be between 0 and ${MAX_ID}, inclusive`;
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;

function validateId(errors: ErrorList, id: number | undefined, field: string): void {
  if (id !== undefined && (id < 0 || id > MAX_ID)) errors.invalid(field, id, ID_RULE);
}

type Seccomp = DeepReadonly<SecurityContext['seccompProfile']>;

function validateSeccomp(errors: ErrorList, profile: Seccomp, path: string): void {
  if (profile === undefined) return;
  const local = profile.localhostProfile;
  if (profile.type === 'Localhost') {
    if (local === undefined || local === '') errors.required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost ');
    else relative(errors, local, `${path}.localhostProfile`);
  } else if (profile.type === 'RuntimeDefault' || profile.type === 'Unconfined') {
    if (local !== undefined) errors.invalid(`${path}.localhostProfile`, profile, 'can only be set when seccomp type is Localhost');
  } else if ((profile.type as string) === '') errors.required(`${path}.type`, 'type is required when seccompProfile is set');
  else errors.notSupported(`${path}.type`, profile.type, ['Localhost', 'RuntimeDefault', 'Unconfined']);
}

function relative(errors: ErrorList, path: string, field: string): void {
  if (path.startsWith('/')) errors.invalid(field, path, 'must be a relative path');
  if (path.split('/').includes('..')) errors.invalid(field, path, "must not contain '..'");
}

/** Source: kubernetes pkg/apis/core/validation validatePodSpecSecurityContext. */
export function validatePodSecurityContext(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string): void {
  const context = spec.securityContext;
  if (context === undefined) return;
  const at = `${path}.securityContext`;
  validateId(errors, context.fsGroup, `${at}.fsGroup`);
  validateId(errors, context.runAsUser, `${at}.runAsUser`);
  validateId(errors, context.runAsGroup, `${at}.runAsGroup`);
  (context.supplementalGroups ?? []).forEach((group, i) => void validateId(errors, group, `${at}.supplementalGroups[${i}]`));
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.invalid(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled');
  }
  const seen = new Set<string>();
  (context.sysctls ?? []).forEach(({ name }, i) => {
    const field = `${at}.sysctls[${i}].name`;
    if (name === '') errors.required(field);
    else if (name.length > 253 || !SYSCTL.test(name)) {
      errors.invalid(field, name, `must have at most 253 characters and match regex ${SYSCTL.source.slice(0, -1)}$`);
    } else if (seen.has(name)) errors.duplicate(field, name);
    seen.add(name);
  });
  if (context.fsGroupChangePolicy !== undefined)
    errors.oneOf(`${at}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']);
  validateSeccomp(errors, context.seccompProfile, `${at}.seccompProfile`);
  if (context.supplementalGroupsPolicy !== undefined) {
    errors.oneOf(`${at}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']);
  }
}

/** Source: kubernetes pkg/apis/core/validation ValidateSecurityContext. */
export function validateSecurityContext(errors: ErrorList, context: DeepReadonly<SecurityContext> | undefined, path: string): void {
  if (context === undefined) return;
  validateId(errors, context.runAsUser, `${path}.runAsUser`);
  validateId(errors, context.runAsGroup, `${path}.runAsGroup`);
  if (context.procMount !== undefined) errors.oneOf(`${path}.procMount`, context.procMount, ['Default', 'Unmasked']);
  validateSeccomp(errors, context.seccompProfile, `${path}.seccompProfile`);
  if (context.allowPrivilegeEscalation !== false) return;
  if (context.privileged === true) errors.invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
  if ((context.capabilities?.add ?? []).some((capability) => capability === 'CAP_SYS_ADMIN')) {
    errors.invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN');
  }
}
