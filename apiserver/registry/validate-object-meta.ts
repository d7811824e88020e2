import type { DeepReadonly, ObjectMeta, UntypedObject } from '../../shared/api/meta.ts';
import { type FieldError, quote } from '../../shared/machinery/api-error.ts';
import { ErrorList } from '../validation/error-list.ts';
import { FIELD_IMMUTABLE, labelName, labelValue, qualifiedName, subdomainName } from '../validation/names.ts';

export interface MetaRules {
  namespaced: boolean;
  /** What is wrong with a name; by default it must be a DNS-1123 subdomain. */
  validateName?: ((name: string, prefix: boolean) => string[]) | undefined;
  /** Where the metadata is; default `metadata`. */
  path?: string;
}

/** Bytes. Source: apimachinery validation.TotalAnnotationSizeLimitB. */
const ANNOTATIONS_LIMIT = 256 * 1024;
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Checks the metadata of any object, in upstream's order and words. Source: apimachinery ValidateObjectMeta. */
export function validateObjectMeta(object: DeepReadonly<UntypedObject>, rules: MetaRules): FieldError[] {
  const { namespaced, validateName = subdomainName, path = 'metadata' } = rules;
  const meta = object.metadata;
  const errors = new ErrorList();
  if (meta.generateName) errors.invalidAll(`${path}.generateName`, meta.generateName, validateName(meta.generateName, true));
  if (meta.name === undefined || meta.name === '') errors.required(`${path}.name`, 'name or generateName is required');
  else errors.invalidAll(`${path}.name`, meta.name, validateName(meta.name, false));
  validateNamespace(errors, path, meta.namespace, namespaced);
  errors.nonNegative(`${path}.generation`, meta.generation);
  validateOpenMeta(errors, meta, path);
  validateFinalizers(errors, meta.finalizers ?? [], `${path}.finalizers`);
  return errors.items;
}

/** Checks what an update changed in the metadata. Absent uid and timestamps count as unchanged. Source: ValidateObjectMetaUpdate. */
export function validateObjectMetaUpdate(object: DeepReadonly<UntypedObject>, old: DeepReadonly<UntypedObject>): FieldError[] {
  const errors = new ErrorList();
  const [meta, before] = [object.metadata, old.metadata];
  if (before.deletionTimestamp) {
    const known = new Set(before.finalizers);
    const added = (meta.finalizers ?? []).filter((name) => !known.has(name));
    if (added.length > 0) {
      const list = `[]string{${added.map(quote).join(', ')}}`;
      errors.forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
      );
    }
  }
  for (const field of IMMUTABLE) {
    if (meta[field] !== undefined && meta[field] !== before[field]) errors.invalid(`metadata.${field}`, meta[field], FIELD_IMMUTABLE);
  }
  if ((meta.generation ?? 0) < (before.generation ?? 0) && meta.generation !== undefined) {
    errors.invalid('metadata.generation', meta.generation, 'must not be decremented');
  }
  validateOpenMeta(errors, meta, 'metadata');
  return errors.items;
}

const IMMUTABLE = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

function validateNamespace(errors: ErrorList, path: string, namespace: string | undefined, namespaced: boolean): void {
  const field = `${path}.namespace`;
  if (namespace === undefined || namespace === '') {
    if (namespaced) errors.required(field);
  } else if (namespaced) errors.invalidAll(field, namespace, labelName(namespace, false));
  else errors.forbidden(field, 'not allowed on this type');
}

function validateOpenMeta(errors: ErrorList, meta: DeepReadonly<ObjectMeta>, path: string): void {
  validateLabels(errors, meta.labels, `${path}.labels`);
  validateAnnotations(errors, meta.annotations, `${path}.annotations`);
  validateOwners(errors, meta.ownerReferences ?? [], `${path}.ownerReferences`);
}

/** Also for the labels of templates and selectors. */
export function validateLabels(errors: ErrorList, labels: Readonly<Record<string, string>> | undefined, field: string): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    errors.invalidAll(field, key, qualifiedName(key));
    errors.invalidAll(field, value, labelValue(value));
  }
}

export function validateAnnotations(errors: ErrorList, annotations: Readonly<Record<string, string>> | undefined, field: string): void {
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    errors.invalidAll(field, key, qualifiedName(key.toLowerCase()));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > ANNOTATIONS_LIMIT) errors.tooLong(field, ANNOTATIONS_LIMIT);
}

function validateOwners(errors: ErrorList, owners: DeepReadonly<NonNullable<ObjectMeta['ownerReferences']>>, field: string): void {
  let controller = '';
  for (const owner of owners) {
    const version = owner.apiVersion.slice(owner.apiVersion.indexOf('/') + 1);
    if (version === '') errors.invalid(`${field}.apiVersion`, owner.apiVersion, 'version must not be empty');
    if (owner.kind === '') errors.invalid(`${field}.kind`, owner.kind, 'kind must not be empty');
    if (owner.name === '') errors.invalid(`${field}.name`, owner.name, 'name must not be empty');
    if (owner.uid === '') errors.invalid(`${field}.uid`, owner.uid, 'uid must not be empty');
    if (owner.kind === 'Event' && (owner.apiVersion === 'v1' || owner.apiVersion.startsWith('events.k8s.io/'))) {
      const group = owner.apiVersion === 'v1' ? '/v1' : owner.apiVersion;
      errors.invalid(field, owner, `${group}, Kind=Event is disallowed from being an owner`);
    }
    if (owner.controller !== true) continue;
    const current = `${owner.kind}/${owner.name}`;
    if (controller === '') controller = current;
    else {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`;
      errors.invalid(field, owners, text);
    }
  }
}

function validateFinalizers(errors: ErrorList, finalizers: readonly string[], field: string): void {
  for (const name of finalizers) errors.invalidAll(field, name, qualifiedName(name));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.invalid(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set');
  }
  finalizers.forEach((name, i) => {
    if (!name.includes('/') && !STANDARD_FINALIZERS.has(name)) {
      errors.invalid(`${field}[${i}]`, name, 'name is neither a standard finalizer name nor is it fully qualified');
    }
  });
}
