import { isDeepStrictEqual } from 'node:util';
import type { PersistentVolume, PersistentVolumeClaim } from '../../shared/api/generated/core-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { compareQuantities } from '../../shared/machinery/quantity.ts';
import { ErrorList } from './error-list.ts';
import { dnsSubdomain } from './names.ts';
import { validateNodeSelector } from './scheduling.ts';
import { validateLabelSelector } from './selectors.ts';
import { validateHostPath } from './volumes.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
/** Fields of a PersistentVolumeSpec that are not a volume source. */
const NO_SOURCES = new Set([
  'capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity',
  'volumeAttributesClassName',
]); // biome-ignore format: one list

function validateAccessModes(errors: ErrorList, modes: readonly string[], field: string): void {
  if (modes.length === 0) errors.required(field, 'at least 1 access mode is required');
  for (const mode of modes) if (!ACCESS_MODES.includes(mode)) errors.notSupported(field, mode, ACCESS_MODES);
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    errors.forbidden(field, 'may not use ReadWriteOncePod with other access modes');
  }
}

function positiveQuantity(errors: ErrorList, quantity: string, field: string): void {
  if (compareQuantities(quantity, '0') <= 0) errors.invalid(field, quantity, 'must be greater than zero');
}

/** Source: kubernetes pkg/apis/core/validation ValidatePersistentVolumeSpec. */
export function validatePersistentVolume({ spec }: PersistentVolume): FieldError[] {
  const errors = new ErrorList();
  validateAccessModes(errors, spec.accessModes ?? [], 'spec.accessModes');
  const capacity = spec.capacity ?? {};
  if (Object.keys(capacity).length === 0) errors.required('spec.capacity');
  else if (capacity['storage'] === undefined || Object.keys(capacity).length > 1)
    errors.notSupported('spec.capacity', capacity, ['storage']);
  for (const [name, quantity] of Object.entries(capacity)) positiveQuantity(errors, quantity, `spec.capacity[${name}]`);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy !== undefined) errors.oneOf('spec.persistentVolumeReclaimPolicy', policy, ['Delete', 'Recycle', 'Retain']);
  if (spec.nodeAffinity?.required !== undefined) validateNodeSelector(errors, spec.nodeAffinity.required, 'spec.nodeAffinity.required');
  const sources = Object.entries(spec).filter(([key, value]) => !NO_SOURCES.has(key) && value !== undefined);
  if (sources.length === 0) errors.required('spec', 'must specify a volume type');
  for (const [kind] of sources.slice(1)) errors.forbidden(`spec.${kind}`, 'may not specify more than 1 volume type');
  if (spec.hostPath !== undefined) validateHostPath(errors, spec.hostPath, 'spec.hostPath');
  if (spec.local !== undefined && spec.nodeAffinity?.required === undefined)
    errors.required('spec.nodeAffinity', 'Local volume requires node affinity');
  const name = spec.storageClassName ?? '';
  if (name !== '') errors.invalidAll('spec.storageClassName', name, dnsSubdomain(name));
  if (spec.volumeMode !== undefined) errors.oneOf('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']);
  return errors.items;
}

export function validatePersistentVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const errors = new ErrorList();
  const source = ({ spec }: PersistentVolume): unknown => Object.fromEntries(Object.entries(spec).filter(([key]) => !NO_SOURCES.has(key)));
  if (!isDeepStrictEqual(source(volume), source(old))) {
    errors.forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation');
  }
  if (volume.spec.volumeMode !== old.spec.volumeMode)
    errors.invalid('spec.volumeMode', volume.spec.volumeMode ?? null, 'field is immutable');
  return [...validatePersistentVolume(volume), ...errors.items];
}

/** Source: kubernetes pkg/apis/core/validation ValidatePersistentVolumeClaimSpec. */
export function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  const errors = new ErrorList();
  validateAccessModes(errors, spec.accessModes ?? [], 'spec.accessModes');
  validateLabelSelector(errors, spec.selector, 'spec.selector');
  const storage = spec.resources.requests?.['storage'];
  if (storage === undefined) errors.required('spec.resources[storage]');
  else positiveQuantity(errors, storage, 'spec.resources[storage]');
  const name = spec.storageClassName ?? '';
  if (name !== '') errors.invalidAll('spec.storageClassName', name, dnsSubdomain(name));
  if (spec.volumeMode !== undefined) errors.oneOf('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']);
  return errors.items;
}

/** A claim that exists may be bound to a volume and grow. Source: ValidatePersistentVolumeClaimUpdate. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = new ErrorList();
  const [size, before] = [claim.spec.resources.requests?.['storage'], old.spec.resources.requests?.['storage']];
  const fixed = ({ spec }: PersistentVolumeClaim): unknown => ({
    ...spec,
    volumeName: (old.spec.volumeName ?? '') === '' ? '' : spec.volumeName,
    storageClassName: old.spec.storageClassName === undefined ? '' : spec.storageClassName,
    resources: old.status.phase === 'Bound' ? {} : spec.resources,
    volumeAttributesClassName: '',
  });
  if (!isDeepStrictEqual(fixed(claim), fixed(old))) {
    errors.forbidden('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims');
  } else if (size !== undefined && before !== undefined && compareQuantities(size, before) < 0) {
    errors.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity');
  }
  return [...validateClaim(claim), ...errors.items];
}
