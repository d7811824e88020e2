import { isDeepStrictEqual } from 'node:util';
import type { ConfigMap, Secret } from '../../shared/api/generated/core-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { configKey, FIELD_IMMUTABLE } from './names.ts';

/** Bytes of all values together. Source: core MaxSecretSize. */
const SIZE_LIMIT = 1024 * 1024;
const FROZEN = 'field is immutable when `immutable` is set';

/** Source: kubernetes pkg/apis/core/validation ValidateConfigMap. */
export function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors = new ErrorList();
  let size = 0;
  for (const [key, text] of Object.entries(data)) {
    errors.invalidAll(`data[${key}]`, key, configKey(key));
    if (Object.hasOwn(binaryData, key)) errors.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
    size += Buffer.byteLength(text);
  }
  for (const [key, bytes] of Object.entries(binaryData)) {
    errors.invalidAll(`binaryData[${key}]`, key, configKey(key));
    size += Buffer.byteLength(bytes ?? '', 'base64');
  }
  if (size > SIZE_LIMIT) errors.tooLong('[]', SIZE_LIMIT);
  return errors.items;
}

export function validateConfigMapUpdate(map: ConfigMap, old: ConfigMap): FieldError[] {
  const errors = new ErrorList();
  if (old.immutable === true) {
    if (map.immutable !== true) errors.forbidden('immutable', FROZEN);
    if (!isDeepStrictEqual(map.data, old.data)) errors.forbidden('data', FROZEN);
    if (!isDeepStrictEqual(map.binaryData, old.binaryData)) errors.forbidden('binaryData', FROZEN);
  }
  return [...errors.items, ...validateConfigMap(map)];
}

/** Source: kubernetes pkg/apis/core/validation ValidateSecret. */
export function validateSecret(secret: Secret): FieldError[] {
  const errors = new ErrorList();
  const data = secret.data ?? {};
  let size = 0;
  for (const [key, bytes] of Object.entries(data)) {
    errors.invalidAll(`data[${key}]`, key, configKey(key));
    size += Buffer.byteLength(bytes ?? '', 'base64');
  }
  if (size > SIZE_LIMIT) errors.tooLong('data', SIZE_LIMIT);
  validateType(errors, secret, data);
  return errors.items;
}

function validateType(errors: ErrorList, secret: Secret, data: Readonly<Record<string, string>>): void {
  const needs = (...keys: string[]): void => {
    for (const key of keys) if (!Object.hasOwn(data, key)) errors.required(`data[${key}]`);
  };
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      if ((secret.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '') === '') {
        errors.required('metadata.annotations[kubernetes.io/service-account.name]');
      }
      return;
    case 'kubernetes.io/dockercfg':
      return validateJsonKey(errors, data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return validateJsonKey(errors, data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth':
      if (!Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
        errors.required('data[username]');
        errors.required('data[password]');
      }
      return;
    case 'kubernetes.io/ssh-auth':
      if ((data['ssh-privatekey'] ?? '') === '') errors.required('data[ssh-privatekey]');
      return;
    case 'kubernetes.io/tls':
      return needs('tls.crt', 'tls.key');
    default:
  }
}

function validateJsonKey(errors: ErrorList, data: Readonly<Record<string, string>>, key: string): void {
  const bytes = data[key];
  if (bytes === undefined || bytes === null) return errors.required(`data[${key}]`);
  try {
    JSON.parse(Buffer.from(bytes, 'base64').toString());
  } catch {
    errors.invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character found in the JSON document');
  }
}

export function validateSecretUpdate(secret: Secret, old: Secret): FieldError[] {
  const errors = new ErrorList();
  if (secret.type !== old.type) errors.invalid('type', secret.type ?? '', FIELD_IMMUTABLE);
  if (old.immutable === true) {
    if (secret.immutable !== true) errors.forbidden('immutable', FROZEN);
    if (!isDeepStrictEqual(secret.data, old.data)) errors.forbidden('data', FROZEN);
  }
  return [...errors.items, ...validateSecret(secret)];
}
