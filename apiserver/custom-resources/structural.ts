import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { own } from '../schema/record.ts';
import { ErrorList } from '../validation/error-list.ts';
import { PatternError, translateGoPattern } from './go-pattern.ts';
import { itemsOf, type JsonSchema, valuesOf } from './json-schema.ts';

type Level = 'root' | 'item' | 'field';

/** What a value without a type is told to have one. */
const UNTYPED: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/**
 * What keeps a schema from being structural: every field must be named and typed outside of `allOf`, `anyOf`, `oneOf` and `not`, which
 * may only restrict values. In the order of the messages, as upstream. Source: apiextensions-apiserver schema.ValidateStructural.
 */
export function validateStructural(schema: JsonSchema, field: string): FieldError[] {
  const errors = new ErrorList();
  checkInvariants(errors, schema, 'root', field);
  checkNested(schema, (nested, at) => checkComplete(errors, nested, schema, { at, field }), field);
  const text = ({ field: path, message }: FieldError): string => `${path}: ${message}`;
  return errors.items.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

function checkInvariants(errors: ErrorList, schema: JsonSchema, level: Level, field: string): void {
  const { type = '', properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const preserve = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  if (type === 'array' && items === undefined) errors.required(`${field}.items`, 'must be specified');
  if (items !== undefined) checkInvariants(errors, items, 'item', `${field}.items`);
  for (const [name, inner] of Object.entries(properties)) checkInvariants(errors, inner, 'field', `${field}.properties[${name}]`);
  const isMap = additionalProperties !== undefined && additionalProperties !== null;
  if (isMap && level === 'root') errors.forbidden(`${field}.additionalProperties`, 'must not be used at the root');
  if (values !== undefined) checkInvariants(errors, values, 'field', `${field}.additionalProperties`);
  if (intOrString && preserve)
    errors.invalid(`${field}.x-kubernetes-preserve-unknown-fields`, true, 'must be false if x-kubernetes-int-or-string is true');
  if (intOrString && embedded)
    errors.invalid(`${field}.x-kubernetes-embedded-resource`, true, 'must be false if x-kubernetes-int-or-string is true');
  checkValueRules(errors, schema, field, { intOrStringAnyOf: isIntOrString(schema), intOrStringAllOf: isIntOrString(schema.allOf?.[0]) });
  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    if (type === '') errors.required(`${field}.type`, detail);
    else errors.invalid(`${field}.type`, type, detail);
  } else if (type === '' && !intOrString && !preserve) errors.required(`${field}.type`, UNTYPED[level]);
  if (embedded && isMap) errors.forbidden(`${field}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set');
  if (level === 'root' && type !== '' && type !== 'object') errors.invalid(`${field}.type`, type, 'must be object at the root');
  checkMetaFields(errors, schema, level, field);
  if (embedded && !preserve && Object.keys(properties).length === 0) {
    const detail = 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.required(`${field}.properties`, detail);
  }
}

/** What a schema may say of `apiVersion`, `kind` and `metadata`. */
function checkMetaFields(errors: ErrorList, schema: JsonSchema, level: Level, field: string): void {
  const resource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  if (!resource) return;
  for (const name of ['kind', 'apiVersion'] as const) {
    const inner = own(schema.properties, name);
    if (inner !== undefined && inner.type !== 'string')
      errors.invalid(`${field}.properties[${name}].type`, inner.type ?? '', 'must be string');
  }
  const metadata = own(schema.properties, 'metadata');
  if (metadata === undefined) return;
  const at = `${field}.properties[metadata]`;
  if (metadata.type !== 'object') errors.invalid(`${at}.type`, metadata.type ?? '', 'must be object');
  if (level !== 'root') return;
  const { type: _type, default: _default, properties = {}, ...rest } = metadata;
  const others = Object.keys(properties).filter((name) => name !== 'name' && name !== 'generateName');
  const restricting = VALUE_RULES.some((rule) => isSet((metadata as Record<string, unknown>)[rule]));
  if (others.length > 0 || restricting || Object.values(rest).some(isSet))
    errors.forbidden(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified');
}

const VALUE_RULES = ['required', 'minProperties', 'maxProperties', 'allOf', 'anyOf', 'oneOf', 'not', 'enum', 'pattern'];

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== '' && value !== false;
}

interface Exceptions {
  /** These `anyOf` are the two types of an int-or-string. */
  intOrStringAnyOf: boolean;
  /** The first `allOf` holds them. */
  intOrStringAllOf: boolean;
}
const NO_EXCEPTIONS: Exceptions = { intOrStringAnyOf: false, intOrStringAllOf: false };

function isIntOrString(schema: JsonSchema | undefined): boolean {
  return isDeepStrictEqual(schema?.anyOf, [{ type: 'integer' }, { type: 'string' }]);
}

function checkValueRules(errors: ErrorList, schema: JsonSchema, field: string, exceptions: Exceptions): void {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern = '' } = schema;
  if (!exceptions.intOrStringAnyOf) anyOf.forEach((nested, i) => void checkNestedRules(errors, nested, `${field}.anyOf[${i}]`));
  allOf.forEach((nested, i) => {
    const intOrStringAnyOf = i === 0 && exceptions.intOrStringAllOf;
    checkNestedRules(errors, nested, `${field}.allOf[${i}]`, { ...NO_EXCEPTIONS, intOrStringAnyOf });
  });
  oneOf.forEach((nested, i) => void checkNestedRules(errors, nested, `${field}.oneOf[${i}]`));
  if (not !== undefined && not !== null) checkNestedRules(errors, not, `${field}.not`);
  const problem = pattern === '' ? undefined : patternProblem(pattern);
  if (problem !== undefined) errors.invalid(`${field}.pattern`, pattern, `must be a valid regular expression, but isn't: ${problem}`);
}

function patternProblem(pattern: string): string | undefined {
  try {
    const { source, flags } = translateGoPattern(pattern);
    new RegExp(source, `u${flags}`);
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    if (!(error instanceof SyntaxError)) throw error;
    return `error parsing regexp: invalid syntax: \`${pattern}\``;
  }
}

/** Structure that may not stand in nested rules, and what must be true of it. */
const FORBIDDEN: readonly [string, string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function checkNestedRules(errors: ErrorList, nested: JsonSchema, field: string, exceptions = NO_EXCEPTIONS): void {
  checkValueRules(errors, nested, field, exceptions);
  const items = itemsOf(nested);
  if (items !== undefined) checkNestedRules(errors, items, `${field}.items`);
  for (const [name, inner] of Object.entries(nested.properties ?? {})) checkNestedRules(errors, inner, `${field}.properties[${name}]`);
  for (const [name, detail] of FORBIDDEN) {
    if (isSet((nested as Record<string, unknown>)[name])) errors.forbidden(`${field}.${name}`, detail);
  }
  if (own(nested.properties, 'metadata') !== undefined)
    errors.forbidden(`${field}.properties[metadata]`, 'must not be specified in a nested context');
}

/** Calls back for every schema that is nested in a logical rule of `schema`. */
function checkNested(schema: JsonSchema, check: (nested: JsonSchema, at: string) => void, at: string): void {
  if (schema.not !== undefined && schema.not !== null) check(schema.not, `${at}.not`);
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const)
    (schema[name] ?? []).forEach((nested, i) => void check(nested, `${at}.${name}[${i}]`));
}

/** Whatever a nested rule names must be there outside of it, too. */
function checkComplete(
  errors: ErrorList,
  nested: JsonSchema,
  schema: JsonSchema | undefined,
  { at, field }: { at: string; field: string },
): void {
  if (schema === undefined) return errors.required(field, `because it is defined in ${at}`);
  checkNested(nested, (inner, innerAt) => checkComplete(errors, inner, schema, { at: innerAt, field }), at);
  const items = itemsOf(nested);
  if (items !== undefined) checkComplete(errors, items, itemsOf(schema), { at: `${at}.items`, field: `${field}.items` });
  for (const [name, inner] of Object.entries(nested.properties ?? {})) {
    const place = `properties[${name}]`;
    checkComplete(errors, inner, own(schema.properties, name), { at: `${at}.${place}`, field: `${field}.${place}` });
  }
}
