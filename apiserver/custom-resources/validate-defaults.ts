import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from '../validation/error-list.ts';
import { compileEmbeddedChecks } from './check-embedded.ts';
import { CheckResult } from './check-result.ts';
import { EmbeddedObjectError } from './coerce-meta.ts';
import { compileChecks, NOTHING } from './compile-checks.ts';
import { hasDefault, itemsOf, type JsonSchema } from './json-schema.ts';
import { compilePrune } from './prune.ts';
import { PruneTrail } from './prune-trail.ts';

/** What is wrong with a schema's own defaults. Source: apiextensions-apiserver schema/defaulting ValidateDefaults. */
export function validateDefaults(schema: JsonSchema, field: string): FieldError[] {
  const items = itemsOf(schema);
  return [
    ...(hasDefault(schema) ? checkDefault(schema, `${field}.default`) : []),
    ...(items === undefined ? [] : validateDefaults(items, `${field}.items`)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => validateDefaults(inner, `${field}.properties[${name}]`)),
  ];
}

function checkDefault(schema: JsonSchema, field: string): FieldError[] {
  const preset: unknown = schema.default;
  const errors = new ErrorList();
  try {
    const trail = new PruneTrail();
    compilePrune(schema, { root: false })(preset, trail);
    if (trail.unknown.length > 0) errors.invalid(field, preset, 'must not have unknown fields');
  } catch (error) {
    if (!(error instanceof EmbeddedObjectError)) throw error;
    const below = error.field.field === '' ? '' : `.${error.field.field}`;
    return [{ ...error.field, field: field + below }];
  }
  const embedded = compileEmbeddedChecks(schema)?.(preset, field) ?? [];
  if (embedded.length > 0) return [...errors.items, ...embedded];
  const result = new CheckResult(field);
  compileChecks(schema)(preset, NOTHING, result);
  return [...errors.items, ...result.errors];
}
