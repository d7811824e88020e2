import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../shared/api/generated/apiextensions-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { dns1035Label, dnsSubdomain, FIELD_IMMUTABLE } from './names.ts';

/** The names, scope and versions of a definition. Source: apiextensions-apiserver ValidateCustomResourceDefinition. */
export function validateCustomResourceDefinition({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  const errors = new ErrorList();
  const { group, names, versions } = spec;
  const wanted = `${names.plural}.${group}`;
  if (metadata.name !== wanted) errors.invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group');
  if (group === '') errors.required('spec.group');
  else {
    errors.invalidAll('spec.group', group, dnsSubdomain(group));
    if (!group.includes('.')) errors.invalid('spec.group', group, 'should be a domain with at least one dot');
  }
  if ((spec.scope as string) === '') errors.required('spec.scope');
  else errors.oneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced']);
  validateVersions(errors, versions ?? []);
  validateNames(errors, names);
  return errors.items;
}

function validateVersions(errors: ErrorList, versions: readonly CustomResourceDefinitionVersion[]): void {
  const seen = new Set<string>();
  versions.forEach(({ name, schema, subresources }, i) => {
    const at = `spec.versions[${i}]`;
    errors.invalidAll(`${at}.name`, name, dns1035Label(name));
    if (seen.has(name))
      errors.invalid(
        'spec.versions',
        versions.map((version) => version.name),
        'must contain unique version names',
      );
    seen.add(name);
    if (schema?.openAPIV3Schema === undefined) errors.required(`${at}.schema.openAPIV3Schema`, 'schemas are required');
    else if (schema.openAPIV3Schema.type !== 'object') {
      const { type = '' } = schema.openAPIV3Schema;
      if (type === '') errors.required(`${at}.schema.openAPIV3Schema.type`, 'must not be empty at the root');
      else errors.invalid(`${at}.schema.openAPIV3Schema.type`, type, 'must be object at the root');
    }
    const scale = subresources?.scale;
    if (scale === undefined) return;
    for (const [field, start] of [
      ['specReplicasPath', '.spec.'],
      ['statusReplicasPath', '.status.'],
    ] as const) {
      if (scale[field] === '') errors.required(`${at}.subresources.scale.${field}`);
      else if (!scale[field].startsWith(start))
        errors.invalid(`${at}.subresources.scale.${field}`, scale[field], `should be a json path under ${start.slice(0, -1)}`);
    }
  });
  const stored = versions.filter(({ storage }) => storage).length;
  if (stored !== 1)
    errors.invalid(
      'spec.versions',
      versions.map(({ name }) => name),
      'must have exactly one version marked as storage version',
    );
}

function validateNames(errors: ErrorList, names: CustomResourceDefinition['spec']['names']): void {
  for (const [field, value] of Object.entries({
    plural: names.plural,
    singular: names.singular,
    kind: names.kind,
    listKind: names.listKind,
  })) {
    if (value === undefined || value === '') errors.required(`spec.names.${field}`);
    else errors.invalidAll(`spec.names.${field}`, value, dns1035Label(value.toLowerCase()));
  }
  (names.shortNames ?? []).forEach((name, i) => void errors.invalidAll(`spec.names.shortNames[${i}]`, name, dns1035Label(name)));
  if (names.kind !== '' && names.kind === names.listKind)
    errors.invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same');
}

export function validateCustomResourceDefinitionUpdate(now: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const errors = new ErrorList();
  if (now.spec.group !== old.spec.group) errors.invalid('spec.group', now.spec.group, FIELD_IMMUTABLE);
  if (now.spec.scope !== old.spec.scope) errors.invalid('spec.scope', now.spec.scope, FIELD_IMMUTABLE);
  if (now.spec.names.kind !== old.spec.names.kind) errors.invalid('spec.names.kind', now.spec.names.kind, FIELD_IMMUTABLE);
  if (now.spec.names.plural !== old.spec.names.plural) errors.invalid('spec.names.plural', now.spec.names.plural, FIELD_IMMUTABLE);
  return [...validateCustomResourceDefinition(now), ...errors.items];
}
