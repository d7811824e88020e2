import type { UntypedObject } from '../../shared/api/meta.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { validateObjectMeta } from '../registry/validate-object-meta.ts';
import { isRecord, type JsonRecord, own } from '../schema/record.ts';
import { ErrorList } from '../validation/error-list.ts';
import { dns1035Label, pathSegment } from '../validation/names.ts';
import { itemsOf, type JsonSchema, valuesOf } from './json-schema.ts';

/** Checks the kind and the metadata of objects inside a custom resource. */
export type CheckEmbedded = (value: unknown, field: string) => FieldError[];

/** Undefined: the schema has no embedded resources. Source: apiextensions-apiserver pkg/apiserver/schema/objectmeta Validate. */
export function compileEmbeddedChecks(schema: JsonSchema): CheckEmbedded | undefined {
  const items = itemsOf(schema);
  const ofItem = items === undefined ? undefined : compileEmbeddedChecks(items);
  const values = valuesOf(schema);
  const ofValue = values === undefined ? undefined : compileEmbeddedChecks(values);
  const fields = new Map<string, CheckEmbedded>();
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const check = compileEmbeddedChecks(field);
    if (check !== undefined) fields.set(name, check);
  }
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  if (!embedded && ofItem === undefined && ofValue === undefined && fields.size === 0) return undefined;
  return (value, field) => {
    if (Array.isArray(value)) return value.flatMap((item, i) => ofItem?.(item, `${field}[${i}]`) ?? []);
    if (!isRecord(value)) return [];
    return [
      ...(embedded ? checkObject(value, field) : []),
      ...[...fields].flatMap(([name, check]) => check(own(value, name), field === '' ? name : `${field}.${name}`)),
      ...(ofValue === undefined ? [] : Object.entries(value).flatMap(([key, inner]) => ofValue(inner, `${field}[${key}]`))),
    ];
  };
}

/** Metadata without a name is fine here. */
const ANY_NAME = 'fakename';

function checkObject(object: JsonRecord, field: string): FieldError[] {
  const errors = new ErrorList();
  const { apiVersion, kind, metadata } = object;
  if (apiVersion === undefined) errors.required(`${field}.apiVersion`);
  if (kind === undefined) errors.required(`${field}.kind`);
  if (apiVersion === '') errors.invalid(`${field}.apiVersion`, apiVersion, 'must not be empty');
  else if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2)
    errors.invalid(`${field}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  if (kind === '') errors.invalid(`${field}.kind`, kind, 'must not be empty');
  else if (typeof kind === 'string') {
    const problems = dns1035Label(kind.toLowerCase());
    if (problems.length > 0)
      errors.invalid(`${field}.kind`, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`);
  }
  if (!isRecord(metadata)) return errors.items;
  const named = { metadata: { ...metadata, name: metadata['name'] ?? ANY_NAME } } as unknown as UntypedObject;
  const namespaced = (named.metadata.namespace ?? '') !== '';
  return [...errors.items, ...validateObjectMeta(named, { namespaced, validateName: pathSegment, path: `${field}.metadata` })];
}
