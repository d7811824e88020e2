import type { DownwardAPIVolumeFile, KeyToPath, PodSpec, Volume } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { compareQuantities } from '../../shared/machinery/quantity.ts';
import { ErrorList } from './error-list.ts';
import { validateResourceFieldRef, validateVolumeFieldRef } from './field-refs.ts';
import { dnsLabel } from './names.ts';

const MODE_RULE = 'must be a number between 0 and 0777 (octal), both inclusive';
const HOST_PATH_TYPES = ['', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'];
/** Seconds. Source: kubernetes validateProjectionSources. */
const [MIN_TOKEN_SECONDS, MAX_TOKEN_SECONDS] = [600, 2 ** 32];

/** Checks a pod's volumes; returns the names of the valid ones, which containers may mount. Source: kubernetes ValidateVolumes. */
export function validateVolumes(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string): Set<string> {
  const names = new Set<string>();
  (spec.volumes ?? []).forEach((volume, i) => {
    const at = `${path}[${i}]`;
    const own = new ErrorList();
    validateSource(own, volume, at);
    if (volume.name === '') own.required(`${at}.name`);
    else own.invalidAll(`${at}.name`, volume.name, dnsLabel(volume.name));
    if (names.has(volume.name)) own.duplicate(`${at}.name`, volume.name);
    if (own.items.length === 0) names.add(volume.name);
    else errors.items.push(...own.items);
  });
  return names;
}

type Check<K extends keyof Volume> = (errors: ErrorList, source: NonNullable<DeepReadonly<Volume>[K]>, path: string) => void;
type Checks = { [K in keyof Volume]?: Check<K> };

const CHECKS: Checks = {
  emptyDir: (errors, { sizeLimit }, path) => {
    if (sizeLimit !== undefined && compareQuantities(sizeLimit, '0') < 0) {
      errors.forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity');
    }
  },
  hostPath: (errors, source, path) => validateHostPath(errors, source, path),
  secret: (errors, { secretName = '', defaultMode, items }, path) => {
    if (secretName === '') errors.required(`${path}.secretName`);
    validateMode(errors, defaultMode, `${path}.defaultMode`);
    validateItems(errors, items ?? [], `${path}.items`);
  },
  configMap: (errors, { name = '', defaultMode, items }, path) => {
    if (name === '') errors.required(`${path}.name`);
    validateMode(errors, defaultMode, `${path}.defaultMode`);
    validateItems(errors, items ?? [], `${path}.items`);
  },
  downwardAPI: (errors, { defaultMode, items }, path) => {
    validateMode(errors, defaultMode, `${path}.defaultMode`);
    validateFiles(errors, items ?? [], path);
  },
  projected: validateProjected,
  persistentVolumeClaim: (errors, { claimName }, path) => {
    if (claimName === '') errors.required(`${path}.claimName`);
  },
  nfs: (errors, { server, path: exported }, path) => {
    if (server === '') errors.required(`${path}.server`);
    if (exported === '') errors.required(`${path}.path`);
    else if (!exported.startsWith('/')) errors.invalid(`${path}.path`, exported, 'must be an absolute path');
  },
  csi: (errors, { driver }, path) => {
    if (driver === '') errors.required(`${path}.driver`);
  },
  ephemeral: (errors, { volumeClaimTemplate }, path) => {
    if (volumeClaimTemplate === undefined) errors.required(`${path}.volumeClaimTemplate`);
  },
  image: (errors, { reference = '', pullPolicy }, path) => {
    if (reference === '') errors.required(`${path}.reference`);
    if (pullPolicy !== undefined) errors.oneOf(`${path}.pullPolicy`, pullPolicy, ['Always', 'IfNotPresent', 'Never']);
  },
};

function validateSource(errors: ErrorList, volume: DeepReadonly<Volume>, at: string): void {
  let found = 0;
  const kinds = Object.keys(volume) as (keyof Volume)[];
  for (const kind of volume.emptyDir === undefined ? kinds : (['emptyDir', ...kinds.filter((each) => each !== 'emptyDir')] as const)) {
    if (kind === 'name' || volume[kind] === undefined) continue;
    if (found > 0) errors.forbidden(`${at}.${kind}`, 'may not specify more than 1 volume type');
    else checkSource(errors, volume, kind, `${at}.${kind}`);
    found++;
  }
  if (found === 0) errors.required(at, 'must specify a volume type');
}

function checkSource<K extends keyof Volume>(errors: ErrorList, volume: DeepReadonly<Volume>, kind: K, path: string): void {
  const [check, source] = [(CHECKS as Checks)[kind], (volume as DeepReadonly<Volume>)[kind]];
  if (check !== undefined && source !== undefined) check(errors, source as NonNullable<DeepReadonly<Volume>[K]>, path);
}

export function validateHostPath(
  errors: ErrorList,
  { path, type }: { readonly path: string; readonly type?: string | undefined },
  at: string,
): void {
  if (path === '') return errors.required(`${at}.path`);
  noBacksteps(errors, path, `${at}.path`);
  if (type !== undefined && !HOST_PATH_TYPES.includes(type))
    errors.notSupported(`${at}.type`, type, HOST_PATH_TYPES.filter((known) => known !== '').sort());
}

function noBacksteps(errors: ErrorList, path: string, field: string): void {
  if (path.split('/').includes('..')) errors.invalid(field, path, "must not contain '..'");
}

/** A path that stays below where it starts. */
export function validateDescendingPath(errors: ErrorList, path: string, field: string): void {
  if (path.startsWith('/')) errors.invalid(field, path, 'must be a relative path');
  noBacksteps(errors, path, field);
}

function validateFilePath(errors: ErrorList, path: string, field: string): void {
  validateDescendingPath(errors, path, field);
  if (path.startsWith('..') && !path.startsWith('../')) errors.invalid(field, path, "must not start with '..'");
}

function validateMode(errors: ErrorList, mode: number | undefined, field: string): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) errors.invalid(field, mode, MODE_RULE);
}

function validateItems(errors: ErrorList, items: DeepReadonly<KeyToPath[]>, path: string): void {
  items.forEach(({ key, path: file, mode }, i) => {
    const at = `${path}[${i}]`;
    if (key === '') errors.required(`${at}.key`);
    if (file === '') errors.required(`${at}.path`);
    else validateFilePath(errors, file, `${at}.path`);
    if (mode !== undefined && (mode < 0 || mode > 0o777)) errors.invalid(`${at}.mode`, mode, MODE_RULE);
  });
}

function validateFiles(errors: ErrorList, files: DeepReadonly<DownwardAPIVolumeFile[]>, path: string): void {
  for (const { path: file, fieldRef, resourceFieldRef, mode } of files) {
    if (file === '') errors.required(`${path}.path`);
    validateFilePath(errors, file, `${path}.path`);
    if (fieldRef !== undefined) {
      validateVolumeFieldRef(errors, fieldRef, `${path}.fieldRef`);
      if (resourceFieldRef !== undefined)
        errors.invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
    } else if (resourceFieldRef !== undefined) {
      validateResourceFieldRef(errors, resourceFieldRef, { path: `${path}.resourceFieldRef`, volume: true });
    } else errors.required(path, 'one of fieldRef and resourceFieldRef is required');
    validateMode(errors, mode, `${path}.mode`);
  }
}

function validateProjected(errors: ErrorList, projected: DeepReadonly<NonNullable<Volume['projected']>>, path: string): void {
  validateMode(errors, projected.defaultMode, `${path}.defaultMode`);
  const paths = new Set<string>();
  const unique = (file: string, field: string): void => {
    if (file !== '' && paths.has(file)) errors.invalid(field, file, 'conflicting duplicate paths');
    paths.add(file);
  };
  (projected.sources ?? []).forEach((source, i) => {
    const at = `${path}.sources[${i}]`;
    let found = 0;
    for (const [kind, value] of Object.entries(source)) {
      if (value === undefined) continue;
      if (found++ > 0) errors.forbidden(`${at}.${kind}`, 'may not specify more than 1 volume type');
    }
    if (found === 0) errors.required(at, 'may not be empty: specify one volume source');
    for (const kind of ['secret', 'configMap'] as const) {
      const part = source[kind];
      if (part === undefined) continue;
      if ((part.name ?? '') === '') errors.required(`${at}.${kind}.name`);
      validateItems(errors, part.items ?? [], `${at}.${kind}.items`);
      for (const item of part.items ?? []) unique(item.path, `${at}.${kind}.path`);
    }
    validateFiles(errors, source.downwardAPI?.items ?? [], `${at}.downwardAPI`);
    for (const item of source.downwardAPI?.items ?? []) unique(item.path, `${at}.downwardAPI`);
    const token = source.serviceAccountToken;
    if (token === undefined) return;
    const seconds = token.expirationSeconds ?? 0;
    if (seconds < MIN_TOKEN_SECONDS)
      errors.invalid(`${at}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes');
    if (seconds > MAX_TOKEN_SECONDS)
      errors.invalid(`${at}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds');
    if (token.path === '') errors.required(`${at}.serviceAccountToken.path`);
    else validateFilePath(errors, token.path, `${at}.serviceAccountToken.path`);
    unique(token.path, `${at}.serviceAccountToken`);
  });
}
