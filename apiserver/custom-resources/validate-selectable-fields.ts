import type { CustomResourceDefinitionVersion } from '../../shared/api/generated/apiextensions-v1.ts';
import { own } from '../schema/record.ts';
import type { ErrorList } from '../validation/error-list.ts';
import type { JsonSchema } from './json-schema.ts';

/** Source: apiextensions-apiserver validation.MaxSelectableFields. */
const MAX_FIELDS = 8;

/** The fields of a version that field selectors may name. Source: ValidateCustomResourceSelectableFields. */
export function validateSelectableFields(errors: ErrorList, version: CustomResourceDefinitionVersion, field: string): void {
  const fields = version.selectableFields ?? [];
  const root = version.schema?.openAPIV3Schema;
  if (fields.length === 0) return;
  if (root === undefined) return errors.invalid(field, '', 'may only be set when `version.schema.openAPIV3Schema` is not included');
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, i) => {
    const at = `${field}[${i}].jsonPath`;
    if (jsonPath === '') {
      errors.required(at);
      return;
    }
    const found = follow(jsonPath, root);
    if (typeof found === 'string') {
      errors.invalid(at, jsonPath, `is an invalid path: ${found}`);
      return;
    }
    if (found.parts[0] === 'metadata') errors.invalid(at, jsonPath, 'must not point to fields in metadata');
    if (!['string', 'boolean', 'integer'].includes(found.schema.type ?? '')) {
      const detail = 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.invalid(at, jsonPath, detail);
    }
    const path = found.parts.join('.');
    if (seen.has(path)) errors.duplicate(at, jsonPath);
    seen.add(path);
  });
  if (seen.size > MAX_FIELDS) errors.tooMany(field, seen.size, MAX_FIELDS);
}

/** The schema at a path such as `.spec.color` or `.spec['a.b']`, or what is wrong with the path. Source: apiextensions-apiserver cel.ValidFieldPath. */
function follow(path: string, root: JsonSchema): { schema: JsonSchema; parts: string[] } | string {
  const parts: string[] = [];
  let schema = root;
  for (let rest = path; rest !== ''; ) {
    const step = /^\.([A-Za-z_$][\w$-]*)|^\['((?:[^'\\]|\\.)+)'\]/.exec(rest);
    if (step === null) return /^\[/.test(rest) ? 'only named field access is supported' : `expected [ or . but got: ${rest.slice(0, 1)}`;
    const name = step[1] ?? step[2]?.replace(/\\(.)/g, '$1') ?? '';
    const next = own(schema.properties, name);
    if (next === undefined) return `does not refer to a valid field`;
    parts.push(name);
    schema = next;
    rest = rest.slice(step[0].length);
  }
  return { schema, parts };
}
