import type { EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { quote } from '../../shared/machinery/api-error.ts';
import type { ErrorList } from './error-list.ts';
import { configKey, dnsSubdomain, envName, qualifiedName } from './names.ts';

const ENV_FIELDS = [
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP',
  'status.podIPs',
]; // biome-ignore format: one list
const VOLUME_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
/** Paths that mean something in some place. */
const KNOWN_FIELDS = new Set([...ENV_FIELDS, ...VOLUME_FIELDS, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase']);
const CONTAINER_FIELDS = [
  'limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory',
]; // biome-ignore format: one list
interface DivisorRule {
  units: readonly string[];
  text: string;
}
const BYTES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const bytesRule = (what: string): DivisorRule => ({
  units: BYTES,
  text: `only divisor's values ${BYTES.join(', ')} are supported with the ${what} resource`,
});
const MEMORY_DIVISORS = bytesRule('memory');
/** Units in which a resource may be asked for. */
const DIVISORS = new Map<string, DivisorRule>([
  ['cpu', { units: ['1m', '1'], text: "only divisor's values 1m and 1 are supported with the cpu resource" }],
  ['memory', MEMORY_DIVISORS],
  ['ephemeral-storage', bytesRule('local ephemeral storage')],
]);

export function validateEnv(errors: ErrorList, variables: DeepReadonly<EnvVar[]> | undefined, path: string): void {
  (variables ?? []).forEach((variable, i) => {
    const at = `${path}[${i}]`;
    if (variable.name === '') errors.required(`${at}.name`);
    else errors.invalidAll(`${at}.name`, variable.name, envName(variable.name));
    if (variable.valueFrom !== undefined) validateValueFrom(errors, variable, `${at}.valueFrom`);
  });
}

function validateValueFrom(errors: ErrorList, { value, valueFrom = {} }: DeepReadonly<EnvVar>, path: string): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  if (fieldRef !== undefined) validateFieldRef(errors, fieldRef, { path: `${path}.fieldRef`, allowed: ENV_FIELDS, subscripts: true });
  if (resourceFieldRef !== undefined)
    validateResourceFieldRef(errors, resourceFieldRef, { path: `${path}.resourceFieldRef`, volume: false });
  if (configMapKeyRef !== undefined) validateKeyRef(errors, configMapKeyRef, `${path}.configMapKeyRef`);
  if (secretKeyRef !== undefined) validateKeyRef(errors, secretKeyRef, `${path}.secretKeyRef`);
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter((source) => source !== undefined).length;
  if (sources === 0) {
    errors.invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`');
  } else if (value !== undefined && value !== '') errors.invalid(path, '', 'may not be specified when `value` is not empty');
  else if (sources > 1) errors.invalid(path, '', 'may not have more than one field specified at a time');
}

function validateKeyRef(errors: ErrorList, ref: { readonly name?: string | undefined; readonly key: string }, path: string): void {
  if ((ref.name ?? '') === '') errors.required(`${path}.name`);
  if (ref.key === '') errors.required(`${path}.key`);
  else errors.invalidAll(`${path}.key`, ref.key, configKey(ref.key));
}

export function validateEnvFrom(errors: ErrorList, sources: DeepReadonly<EnvFromSource[]> | undefined, path: string): void {
  (sources ?? []).forEach(({ prefix = '', configMapRef, secretRef }, i) => {
    const at = `${path}[${i}]`;
    if (prefix !== '') errors.invalidAll(`${at}.prefix`, prefix, envName(prefix));
    for (const [name, ref] of Object.entries({ configMapRef, secretRef })) {
      if (ref === undefined) continue;
      if ((ref.name ?? '') === '') errors.required(`${at}.${name}.name`);
      else errors.invalidAll(`${at}.${name}.name`, ref.name, dnsSubdomain(ref.name ?? ''));
    }
    if (configMapRef !== undefined && secretRef !== undefined)
      errors.invalid(at, '', 'may not have more than one field specified at a time');
    if (configMapRef === undefined && secretRef === undefined) errors.invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`');
  });
}

interface FieldRefRules {
  path: string;
  allowed: readonly string[];
  /** Whether one label or annotation may be named. */
  subscripts: boolean;
}

function validateFieldRef(errors: ErrorList, ref: DeepReadonly<ObjectFieldSelector>, { path, allowed, subscripts }: FieldRefRules): void {
  if ((ref.apiVersion ?? '') === '') return errors.required(`${path}.apiVersion`);
  if (ref.fieldPath === '') return errors.required(`${path}.fieldPath`);
  const field = `${path}.fieldPath`;
  const subscript = /^(.*)\['(.*)'\]$/.exec(ref.fieldPath);
  const name = subscript?.[1] ?? ref.fieldPath;
  if (ref.apiVersion !== 'v1') {
    return errors.invalid(field, ref.fieldPath, `error converting fieldPath: unsupported pod version: ${ref.apiVersion}`);
  }
  if (!KNOWN_FIELDS.has(name)) {
    return errors.invalid(field, ref.fieldPath, `error converting fieldPath: field label not supported: ${name}`);
  }
  if (subscript === null) {
    if (!allowed.includes(name)) errors.notSupported(field, name, allowed);
    return;
  }
  const key = subscript[2] ?? '';
  if (name !== 'metadata.annotations' && name !== 'metadata.labels')
    errors.invalid(field, ref.fieldPath, `field label does not support subscript: ${quote(name)}`);
  else if (!subscripts) errors.notSupported(field, ref.fieldPath, allowed);
  else errors.invalidAll(field, ref.fieldPath, qualifiedName(name === 'metadata.annotations' ? key.toLowerCase() : key));
}

/** The items of a downwardAPI volume name fields that a file can follow. */
export function validateVolumeFieldRef(errors: ErrorList, ref: DeepReadonly<ObjectFieldSelector>, path: string): void {
  validateFieldRef(errors, ref, { path, allowed: VOLUME_FIELDS, subscripts: true });
}

export function validateResourceFieldRef(
  errors: ErrorList,
  ref: DeepReadonly<ResourceFieldSelector>,
  { path, volume }: { path: string; volume: boolean },
): void {
  if (volume && (ref.containerName ?? '') === '') errors.required(`${path}.containerName`);
  else if (ref.resource === '') errors.required(`${path}.resource`);
  else if (!CONTAINER_FIELDS.includes(ref.resource) && !/^(limits|requests)\.hugepages-/.test(ref.resource)) {
    errors.notSupported(`${path}.resource`, ref.resource, CONTAINER_FIELDS);
  }
  const name = ref.resource.slice(ref.resource.indexOf('.') + 1);
  const rule = DIVISORS.get(name) ?? MEMORY_DIVISORS;
  const divisor = ref.divisor ?? '0';
  if (divisor !== '0' && !rule.units.includes(divisor)) {
    errors.invalid(`${path}.divisor`, divisor, rule.text);
  }
}
