import { isDeepStrictEqual } from 'node:util';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
} from '../../shared/api/generated/apiextensions-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from '../validation/error-list.ts';
import { dns1035Label, dnsSubdomain, FIELD_IMMUTABLE } from '../validation/names.ts';
import { APPROVAL, approvalOf, hasCondition } from './conditions.ts';
import { validateStructural } from './structural.ts';
import { validateConversion } from './validate-conversion.ts';
import { validateDefaults } from './validate-defaults.ts';
import { validateOpenApiSchema } from './validate-schema.ts';
import { validateSelectableFields } from './validate-selectable-fields.ts';

/**
 * All that upstream checks of a new definition, beside its metadata. Where all versions say the same, upstream speaks of `spec.validation`,
 * `spec.subresources` and so on, as older definitions had them. Source: apiextensions-apiserver ValidateCustomResourceDefinition.
 */
export function validateCustomResourceDefinition(definition: CustomResourceDefinition): FieldError[] {
  const { metadata, spec, status } = definition;
  const errors = new ErrorList();
  if (metadata.name !== `${spec.names.plural}.${spec.group}`)
    errors.invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group');
  validateSpec(errors, spec);
  if (status !== undefined) validateNames(errors, status.acceptedNames, 'status.acceptedNames');
  validateStoredVersions(errors, definition);
  validateApproval(errors, definition);
  if (spec.preserveUnknownFields === true) {
    const detail = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.invalid('spec.preserveUnknownFields', true, detail);
  }
  return errors.items;
}

/** What an update may not change, beside what a new definition must fulfil. Source: ValidateCustomResourceDefinitionUpdate. */
export function validateCustomResourceDefinitionUpdate(now: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const errors = new ErrorList();
  const immutable = (field: string, value: unknown, before: unknown): void => {
    if (value !== before) errors.invalid(field, value, FIELD_IMMUTABLE);
  };
  if (hasCondition(old, 'Established')) {
    immutable('spec.scope', now.spec.scope, old.spec.scope);
    immutable('spec.names.kind', now.spec.names.kind, old.spec.names.kind);
  }
  immutable('spec.group', now.spec.group, old.spec.group);
  immutable('spec.names.plural', now.spec.names.plural, old.spec.names.plural);
  const approval = (crd: CustomResourceDefinition): string => crd.metadata.annotations?.[APPROVAL] ?? '';
  const kept = approval(now) === approval(old);
  return [...validateCustomResourceDefinition(now).filter(({ field }) => !kept || field !== APPROVAL_FIELD), ...errors.items];
}

/** Source: ValidateUpdateCustomResourceDefinitionStatus. */
export function validateCustomResourceDefinitionStatus({ status }: CustomResourceDefinition): FieldError[] {
  const errors = new ErrorList();
  if (status !== undefined) validateNames(errors, status.acceptedNames, 'status.acceptedNames');
  return errors.items;
}

function validateSpec(errors: ErrorList, spec: CustomResourceDefinitionSpec): void {
  const { group, names } = spec;
  const versions = spec.versions ?? [];
  const groupProblems = dnsSubdomain(group);
  if (group === '') errors.required('spec.group');
  else if (groupProblems.length > 0) errors.invalid('spec.group', group, groupProblems.join(','));
  else if (!group.includes('.')) errors.invalid('spec.group', group, 'should be a domain with at least one dot');
  if ((spec.scope as string) === '') errors.required('spec.scope');
  else errors.oneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced']);
  const same = sharedParts(versions);
  versions.forEach(({ schema }, i) => {
    if (schema?.openAPIV3Schema === undefined) errors.required(`spec.versions[${i}].schema.openAPIV3Schema`);
  });
  versions.forEach((version, i) => void validateVersion(errors, version, { field: `spec.versions[${i}]`, same }));
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.invalid('spec.versions', versions, 'must contain unique version names');
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.invalid('spec.versions', versions, 'must have exactly one version marked as storage version');
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const)
    if ((names[field] ?? '') === '') errors.required(`spec.names.${field}`);
  validateNames(errors, names, 'spec.names');
  const [first] = versions;
  if (first !== undefined) validateSharedParts(errors, first, same);
  validateConversion(errors, spec.conversion, 'spec.conversion');
}

interface SharedParts {
  schema: boolean;
  subresources: boolean;
  columns: boolean;
  selectableFields: boolean;
}

/** Which parts are the same in all versions. Source: Convert_v1_CustomResourceDefinitionSpec_To_apiextensions. */
function sharedParts(versions: readonly CustomResourceDefinitionVersion[]): SharedParts {
  const same = (part: (version: CustomResourceDefinitionVersion) => unknown): boolean =>
    versions.every((version) => isDeepStrictEqual(part(version), versions[0] && part(versions[0])));
  return {
    schema: same(({ schema }) => schema),
    subresources: same(({ subresources }) => subresources),
    columns: same(({ additionalPrinterColumns }) => additionalPrinterColumns),
    selectableFields: same(({ selectableFields }) => selectableFields),
  };
}

function validateVersion(
  errors: ErrorList,
  version: CustomResourceDefinitionVersion,
  { field, same }: { field: string; same: SharedParts },
): void {
  const problems = dns1035Label(version.name);
  if (problems.length > 0) errors.invalid(`${field}.name`, version.name, problems.join(','));
  validateDeprecation(errors, version, `${field}.deprecationWarning`);
  if (!same.schema) validateValidation(errors, version, `${field}.schema`);
  if (!same.subresources) validateSubresources(errors, version.subresources, `${field}.subresources`);
  if (!same.columns) validateColumns(errors, version.additionalPrinterColumns, `${field}.additionalPrinterColumns`);
  if (!same.selectableFields) validateSelectableFields(errors, version, `${field}.selectableFields`);
}

function validateSharedParts(errors: ErrorList, first: CustomResourceDefinitionVersion, same: SharedParts): void {
  if (same.schema) validateValidation(errors, first, 'spec.validation');
  if (same.subresources) validateSubresources(errors, first.subresources, 'spec.subresources');
  if (same.columns) validateColumns(errors, first.additionalPrinterColumns, 'spec.additionalPrinterColumns');
  if (same.selectableFields) validateSelectableFields(errors, first, 'spec.selectableFields');
}

function validateDeprecation(
  errors: ErrorList,
  { deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion,
  field: string,
): void {
  if (text === undefined) return;
  if (deprecated !== true) return errors.invalid(field, text, 'can only be set for deprecated versions');
  if (Buffer.byteLength(text) > 256) errors.invalid(field, text, 'must be <= 256 characters long');
  if (text === '') errors.invalid(field, text, 'must not be an empty string');
  const at = text.search(/[^\P{C}]|[^\P{Z} ]/u);
  if (at >= 0) {
    const index = Buffer.byteLength(text.slice(0, at));
    errors.invalid(field, text, `must only contain printable UTF-8 characters; non-printable character found at index ${index}`);
  }
}

/** At the root of a schema with a `status` subresource: what is lost when the status is checked alone may not be there. */
const ROOT_FIELDS = [
  'Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength', 'MinLength',
  'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties', 'ExternalDocs', 'Example',
  'XPreserveUnknownFields', 'XValidations',
]; // biome-ignore format: one list
const FORBIDDEN_AT_ROOT = [
  'default', 'maxProperties', 'minProperties', 'enum', 'allOf', 'oneOf', 'anyOf', 'not', 'additionalProperties', 'nullable',
  'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string', 'x-kubernetes-list-map-keys', 'x-kubernetes-list-type', 'x-kubernetes-map-type',
] as const; // biome-ignore format: one list

function validateValidation(errors: ErrorList, version: CustomResourceDefinitionVersion, field: string): void {
  const schema = (version.schema as CustomResourceValidation | undefined)?.openAPIV3Schema;
  if (schema === undefined) return;
  const at = `${field}.openAPIV3Schema`;
  if (version.subresources?.status !== undefined) {
    if (schema.type !== undefined && schema.type !== 'object') {
      const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      errors.invalid(`${at}.type`, schema.type, detail);
    } else if (FORBIDDEN_AT_ROOT.some((name) => schema[name] !== undefined)) {
      const detail = `only [${ROOT_FIELDS.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`;
      errors.invalid(at, schema, detail);
    }
  }
  if (schema.nullable === true) errors.forbidden(`${at}.nullable`, 'nullable cannot be true at the root');
  const unstructured = validateStructural(schema, at);
  errors.items.push(...(unstructured.length > 0 ? unstructured : validateDefaults(schema, at)), ...validateOpenApiSchema(schema, at));
}

function validateSubresources(errors: ErrorList, subresources: CustomResourceSubresources | undefined, field: string): void {
  const scale = subresources?.scale;
  if (scale === undefined) return;
  const check = (name: 'specReplicasPath' | 'statusReplicasPath' | 'labelSelectorPath', starts: string[], where: string): void => {
    const path = scale[name] ?? '';
    const at = `${field}.scale.${name}`;
    if (path === '') {
      if (name !== 'labelSelectorPath') errors.required(at);
    } else if (!path.startsWith('.')) errors.invalid(at, path, 'must be a simple json path starting with .');
    else if (!starts.some((start) => path.startsWith(start))) errors.invalid(at, path, `should be a json path under ${where}`);
  };
  check('specReplicasPath', ['.spec.'], '.spec');
  check('statusReplicasPath', ['.status.'], '.status');
  check('labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status');
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function validateColumns(errors: ErrorList, columns: readonly CustomResourceColumnDefinition[] | undefined, field: string): void {
  (columns ?? []).forEach(({ name, type, format = '', jsonPath }, i) => {
    const at = `${field}[${i}]`;
    if (name === '') errors.required(`${at}.name`);
    if (type === '') errors.required(`${at}.type`, `must be one of ${COLUMN_TYPES.join(',')}`);
    else if (!COLUMN_TYPES.includes(type)) errors.invalid(`${at}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`);
    if (format !== '' && !COLUMN_FORMATS.includes(format))
      errors.invalid(`${at}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`);
    if (jsonPath === '') errors.required(`${at}.JSONPath`);
    else if (!jsonPath.startsWith('.')) errors.invalid(`${at}.JSONPath`, jsonPath, 'must be a simple json path starting with .');
  });
}

function validateNames(errors: ErrorList, names: CustomResourceDefinitionNames, field: string): void {
  const label = (name: string, value: string, prefix = ''): void => {
    const problems = value === '' ? [] : dns1035Label(prefix === '' ? value : value.toLowerCase());
    if (problems.length > 0) errors.invalid(`${field}.${name}`, value, prefix + problems.join(','));
  };
  const mixed = 'may have mixed case, but should otherwise match: ';
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names;
  label('plural', plural);
  label('singular', singular);
  label('kind', kind, mixed);
  label('listKind', listKind, mixed);
  shortNames.forEach((name, i) => void label(`shortNames[${i}]`, name));
  if (kind !== '' && kind === listKind) errors.invalid(`${field}.listKind`, listKind, 'kind and listKind may not be the same');
  categories.forEach((name, i) => void label(`categories[${i}]`, name));
}

function validateStoredVersions(errors: ErrorList, { spec, status }: CustomResourceDefinition): void {
  const stored = status?.storedVersions ?? [];
  const field = 'status.storedVersions';
  if (stored.length === 0) return errors.invalid(field, stored, 'must have at least one stored version');
  const names = new Set((spec.versions ?? []).map(({ name }) => name));
  for (const { name, storage } of spec.versions ?? [])
    if (storage && !stored.includes(name)) errors.invalid(field, stored, `must have the storage version ${name}`);
  stored.forEach((name, i) => {
    if (names.has(name)) return;
    const detail = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    errors.invalid(`${field}[${i}]`, name, detail);
  });
}

/** Groups of the project need somebody's consent. Source: validateAPIApproval. */
function validateApproval(errors: ErrorList, definition: CustomResourceDefinition): void {
  const { state, text } = approvalOf(definition);
  if (state === 'missing') errors.required(APPROVAL_FIELD, text);
  else if (state === 'malformed') errors.invalid(APPROVAL_FIELD, definition.metadata.annotations?.[APPROVAL] ?? '', text);
}

const APPROVAL_FIELD = `metadata.annotations[${APPROVAL}]`;
