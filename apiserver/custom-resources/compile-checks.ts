import { isDeepStrictEqual } from 'node:util';
import { isRecord, type JsonRecord } from '../schema/record.ts';
import type { CheckResult } from './check-result.ts';
import { isKnownFormat, stringFormat } from './formats.ts';
import { PatternError } from './go-pattern.ts';
import { itemsOf, type JsonSchema, valuesOf } from './json-schema.ts';
import { compilePattern, type PatternTest } from './pattern.ts';

/**
 * Checks a value. `old` is what was there before the update: what is as it was is not refused again (ratcheting); `NOTHING` for new
 * objects and for what cannot be told apart, such as items of plain lists.
 */
export type Check = (value: unknown, old: unknown, result: CheckResult) => void;

/** The value before a create. */
export const NOTHING = Symbol('nothing');

type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null';

/** Makes a function of a schema that finds what upstream's validator finds, in its words and its order. */
export function compileChecks(schema: JsonSchema): Check {
  const type = compileType(schema);
  const alternatives = compileAlternatives(schema);
  const strings = compileStrings(schema);
  const numbers = compileNumbers(schema);
  const list = compileList(schema);
  const choice = compileEnum(schema);
  const object = compileObject(schema);
  return (value, old, result) => {
    const before = result.errors.length;
    type?.(value, old, result);
    if (value === null || value === undefined) choice(value, old, result);
    else {
      alternatives?.(value, old, result);
      if (typeof value === 'string') strings?.(value, old, result);
      else if (typeof value === 'number') numbers(value, old, result);
      else if (Array.isArray(value)) list(value, old, result);
      choice(value, old, result);
      if (isRecord(value)) object(value, old, result);
      result.matches++;
    }
    const found = result.errors.length > before;
    if (found && old !== NOTHING && isDeepStrictEqual(value, old)) result.errors.length = before;
  };
}

function typeOf(value: unknown): JsonType {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as JsonType;
}

/** Go's names of the formats of decoded numbers. */
const NATIVE_FORMAT: Readonly<Partial<Record<JsonType, string>>> = { integer: 'int64', number: 'float64' };

function compileType(schema: JsonSchema): Check | undefined {
  const { type = '', format = '', nullable = false } = schema;
  const types = schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : type === '' ? [] : [type];
  const known = format !== '' && isKnownFormat(type, format) ? format : '';
  if (types.length === 0 && known === '') return undefined;
  const all = types.join(',');
  const numeric = types.includes('number') || types.includes('integer');
  return (value, _old, result) => {
    result.matches++;
    const actual = typeOf(value);
    if (actual === 'null') {
      if (types.length > 0 && !nullable) result.typeInvalid(all, actual);
      else result.matches++;
      return;
    }
    const fits = types.includes(actual) || (actual === 'integer' && types.includes('number'));
    if (known !== '' && actual !== 'string' && actual !== 'array') {
      if (!fits && NATIVE_FORMAT[actual] !== known) return result.typeInvalid(known, NATIVE_FORMAT[actual] ?? '');
    } else if (known !== '' && !numeric) {
      result.matches++; // left to the format
      return;
    }
    if (fits) result.matches++;
    else result.typeInvalid(all, actual);
  };
}

function compileAlternatives({ anyOf, oneOf, allOf, not }: JsonSchema): Check | undefined {
  const any = (anyOf ?? []).map(compileChecks);
  const one = (oneOf ?? []).map(compileChecks);
  const all = (allOf ?? []).map(compileChecks);
  const none = not === undefined || not === null ? undefined : compileChecks(not);
  if (any.length + one.length + all.length === 0 && none === undefined) return undefined;
  return (value, old, result) => {
    result.matches += 2;
    const name = JSON.stringify(result.name);
    const run = (check: Check): CheckResult => {
      const fork = result.fork();
      check(value, old, fork);
      return fork;
    };
    if (any.length > 0) checkAny(any, run, result);
    if (one.length > 0) {
      const outcomes = one.map(run);
      const valid = outcomes.filter(({ errors }) => errors.length === 0);
      if (valid.length !== 1) {
        const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`;
        result.general(`${name} must validate one and only one schema (oneOf). ${found}`);
        if (valid.length === 0) result.merge(best(outcomes));
      } else for (const outcome of valid) result.merge(outcome);
    }
    if (all.length > 0) {
      const outcomes = all.map(run);
      for (const outcome of outcomes) result.merge(outcome);
      const valid = outcomes.filter(({ errors }) => errors.length === 0).length;
      if (valid !== all.length) result.general(`${name} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
    }
    if (none !== undefined && run(none).errors.length === 0) result.general(`${name} must not validate the schema (not)`);
  };
}

function checkAny(checks: readonly Check[], run: (check: Check) => CheckResult, result: CheckResult): void {
  const failed: CheckResult[] = [];
  for (const check of checks) {
    const outcome = run(check);
    if (outcome.errors.length === 0) return result.merge(outcome);
    failed.push(outcome);
  }
  result.general(`${JSON.stringify(result.name)} must validate at least one schema (anyOf)`);
  result.merge(best(failed));
}

/** The first of those that fit most. */
function best(outcomes: readonly CheckResult[]): CheckResult {
  return outcomes.reduce((chosen, outcome) => (outcome.matches > chosen.matches ? outcome : chosen));
}

function compileStrings({ type = '', format = '', minLength, maxLength, pattern = '' }: JsonSchema): Check | undefined {
  const check = format === '' || !isKnownFormat(type, format) ? undefined : stringFormat(format);
  if (minLength === undefined && maxLength === undefined && pattern === '' && check === undefined) return undefined;
  const { matches, shown } = readPattern(pattern);
  return (value, _old, result) => {
    const text = value as string;
    const length = minLength === undefined && maxLength === undefined ? 0 : runes(text);
    if (maxLength !== undefined && length > maxLength) result.list.tooLong(result.field(), maxLength);
    else if (minLength !== undefined && length < minLength) result.invalid(text, `should be at least ${minLength} chars long`);
    else if (matches !== undefined && !matches(text)) result.invalid(text, `should match '${shown}'`);
    if (check !== undefined && !check(text)) result.typeInvalid(format, text);
  };
}

/** A definition from before patterns were checked may have one that cannot be read: nothing matches it. */
function readPattern(pattern: string): { matches: PatternTest | undefined; shown: string } {
  if (pattern === '') return { matches: undefined, shown: '' };
  try {
    return { matches: compilePattern(pattern), shown: pattern };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return { matches: () => false, shown: `${pattern}, but pattern is invalid: ${error.message}` };
  }
}

/** Code points, as Go counts them. */
function runes(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xd800 || code > 0xdbff) continue;
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      count--;
      i++;
    }
  }
  return count;
}

function compileNumbers(schema: JsonSchema): Check {
  const { type, format = '', multipleOf, maximum, minimum, exclusiveMaximum = false, exclusiveMinimum = false } = schema;
  const integer = type === 'integer';
  const small = integer && format === 'int32';
  return (value, _old, result) => {
    const number = value as number;
    const outside = small ? (number | 0) !== number : integer && Math.abs(number) > 2 ** 63;
    if (outside) {
      const kind = format === 'int32' || format === 'int64' ? `with format ${format}` : '(default format)';
      result.general(`Checked value must be of type integer ${kind} in ${result.name}`);
    }
    if (multipleOf !== undefined && !isMultiple(number, multipleOf)) result.invalid(number, `should be a multiple of ${multipleOf}`);
    if (minimum !== undefined && (exclusiveMinimum ? number <= minimum : number < minimum))
      result.invalid(number, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
    if (maximum !== undefined && (exclusiveMaximum ? number >= maximum : number > maximum))
      result.invalid(number, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
    result.matches++;
  };
}

function isMultiple(number: number, factor: number): boolean {
  if (Number.isInteger(number) && Number.isInteger(factor)) return number % factor === 0;
  const times = factor < 1 ? (1 / factor) * number : number / factor;
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times));
}

function compileList(schema: JsonSchema): Check {
  const { minItems, maxItems, uniqueItems = false } = schema;
  const items = itemsOf(schema);
  const check = items === undefined ? undefined : compileChecks(items);
  const keys = schema['x-kubernetes-list-type'] === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : undefined;
  return (value, old, result) => {
    const list = value as unknown[];
    if (check !== undefined) {
      const before = keys === undefined || !Array.isArray(old) ? undefined : byKeys(old, keys);
      for (let i = 0; i < list.length; i++) {
        result.enter(i);
        const key = before === undefined ? '' : keyOf(list[i], keys ?? []);
        check(list[i], before?.has(key) === true ? before.get(key) : NOTHING, result);
        result.leave();
      }
    }
    if (minItems !== undefined && list.length < minItems) result.invalid(list.length, `should have at least ${minItems} items`);
    if (maxItems !== undefined && list.length > maxItems) result.list.tooMany(result.field(), list.length, maxItems);
    if (uniqueItems && new Set(list.map((item) => JSON.stringify(item))).size < list.length)
      result.invalid('', "shouldn't contain duplicates");
    result.matches++;
  };
}

function byKeys(list: readonly unknown[], keys: readonly string[]): Map<string, unknown> {
  return new Map(list.map((item) => [keyOf(item, keys), item]));
}

function keyOf(item: unknown, keys: readonly string[]): string {
  return JSON.stringify(isRecord(item) ? keys.map((key) => item[key] ?? null) : null);
}

function compileEnum({ enum: choices }: JsonSchema): Check {
  if (choices === undefined || choices.length === 0) return (_value, _old, result) => void result.matches++;
  const texts = choices.map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice)));
  return (value, _old, result) => {
    result.matches++;
    const found = value !== null && value !== undefined && choices.some((choice) => choice === value || isDeepStrictEqual(choice, value));
    if (!found) result.list.notSupported(result.field(), value ?? null, texts);
  };
}

function compileObject(schema: JsonSchema): Check {
  const { minProperties, maxProperties, required = [], additionalProperties } = schema;
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => ({ name, check: compileChecks(field) }));
  const known = new Set(fields.map(({ name }) => name));
  const values = valuesOf(schema);
  const ofValue = values === undefined ? undefined : compileChecks(values);
  const each = (object: JsonRecord, old: unknown, name: string): readonly [unknown, unknown] => [
    object[name],
    isRecord(old) && Object.hasOwn(old, name) ? old[name] : NOTHING,
  ];
  return (value, old, result) => {
    const object = value as JsonRecord;
    const count = minProperties === undefined && maxProperties === undefined ? 0 : Object.keys(object).length;
    if (minProperties !== undefined && count < minProperties)
      result.invalid(minProperties, `should have at least ${minProperties} properties`);
    if (maxProperties !== undefined && count > maxProperties) result.list.tooMany(result.field(), count, maxProperties);
    if (ofValue !== undefined || additionalProperties === false) {
      for (const name of Object.keys(object)) {
        if (known.has(name)) continue;
        if (ofValue === undefined) {
          result.list.invalid(result.field(), name, `${result.name}.${name} in body is a forbidden property`);
          continue;
        }
        result.enter(name);
        ofValue(...each(object, old, name), result);
        result.leave();
      }
    }
    for (const { name, check } of fields) {
      if (!Object.hasOwn(object, name)) continue;
      result.enter(name);
      check(...each(object, old, name), result);
      result.leave();
    }
    for (const name of required) if (!Object.hasOwn(object, name)) result.list.required(result.field(name));
    result.matches++;
  };
}
