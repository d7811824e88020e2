import type { FieldError } from '../../shared/machinery/api-error.ts';
import { own } from '../schema/record.ts';
import { ErrorList } from '../validation/error-list.ts';
import { compileEmbeddedChecks } from './check-embedded.ts';
import { checkListsOfUpdate, compileListChecks } from './check-lists.ts';
import { CheckResult } from './check-result.ts';
import { type Check, compileChecks, NOTHING } from './compile-checks.ts';
import { compileDefaults } from './default-values.ts';
import type { JsonSchema } from './json-schema.ts';
import { compilePrune } from './prune.ts';
import { PruneTrail } from './prune-trail.ts';

/** A schema as functions. None changes what it is given; results share with it all that is the same. */
export interface CompiledSchema {
  /** Without the fields that the schema does not name, and the paths of those. Throws EmbeddedObjectError. */
  prune<T>(object: T): { object: T; unknown: string[] };
  /** With defaults, without nulls that may not be there. */
  fillIn<T>(object: T): T;
  validate(object: object): FieldError[];
  /** What was wrong before and has not changed is no error. */
  validateUpdate(object: object, old: object): FieldError[];
  /** As `validateUpdate`, but of the fields only those in `status`. */
  validateStatusUpdate(object: object, old: object): FieldError[];
}

/** Compiles the schema of a version; the schema must have passed the validation of definitions. */
export function compileSchema(schema: JsonSchema): CompiledSchema {
  const prune = lazily(() => compilePrune(schema, { root: true }));
  const fillIn = lazily(() => compileDefaults(schema));
  const checks = lazily(() => compileChecks(schema));
  const statusSchema = own(schema.properties, 'status');
  const statusChecks = lazily(() => (statusSchema === undefined ? undefined : compileChecks(statusSchema)));
  const lists = lazily(() => compileListChecks(schema));
  const embedded = lazily(() => compileEmbeddedChecks(schema));
  const ofUpdate = (object: object, old: object): FieldError[] => {
    const check = lists();
    return check === undefined ? [] : checkListsOfUpdate(check, object, old);
  };
  return {
    prune: (object) => {
      const trail = new PruneTrail();
      const pruned = prune()(object, trail) as typeof object;
      return { object: pruned, unknown: trail.unknown.sort() };
    },
    fillIn: (object) => fillIn()(object) as typeof object,
    validate: (object) => {
      const found = new ErrorList();
      lists()?.(object, '', found);
      return [...run(checks(), object, NOTHING), ...(embedded()?.(object, '') ?? []), ...found.items];
    },
    validateUpdate: (object, old) => [...run(checks(), object, old), ...(embedded()?.(object, '') ?? []), ...ofUpdate(object, old)],
    validateStatusUpdate: (object, old) => {
      const check = statusChecks();
      const status = own(object as Record<string, unknown>, 'status');
      const before = Object.hasOwn(old, 'status') ? own(old as Record<string, unknown>, 'status') : NOTHING;
      return [...(check === undefined || status === undefined ? [] : run(check, status, before, 'status')), ...ofUpdate(object, old)];
    },
  };
}

function run(check: Check, value: unknown, old: unknown, base = ''): FieldError[] {
  const result = new CheckResult(base);
  check(value, old, result);
  return result.errors;
}

/** Hundreds of definitions may be made before the first object of one. */
function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
