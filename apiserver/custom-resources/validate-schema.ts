import type { FieldError } from '../../shared/machinery/api-error.ts';
import { own } from '../schema/record.ts';
import { ErrorList } from '../validation/error-list.ts';
import { hasDefault, itemsOf, type JsonSchema, valuesOf } from './json-schema.ts';

interface Place {
  field: string;
  root: boolean;
  /** Why there may be no default here; undefined: there may. */
  noDefault?: string | undefined;
  /** Below the metadata of a resource. */
  inMeta?: boolean;
}

const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
const UNSUPPORTED = ['additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;
const META_FIELDS = new Set(['metadata', 'kind', 'apiVersion']);

/** What upstream refuses in an OpenAPI schema, structural or not. Source: ValidateCustomResourceDefinitionOpenAPISchema. */
export function validateOpenApiSchema(schema: JsonSchema, field: string): FieldError[] {
  const errors = new ErrorList();
  checkSchema(errors, schema, { field, root: true });
  return errors.items;
}

function checkSchema(errors: ErrorList, schema: JsonSchema, place: Place): void {
  const { field } = place;
  const { properties = {}, additionalProperties } = schema;
  const inner = { ...place, root: false };
  checkSupported(errors, schema, place);
  if (schema.uniqueItems === true)
    errors.forbidden(`${field}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
  const values = valuesOf(schema);
  const isMap = values !== undefined || additionalProperties === false;
  if (isMap && Object.keys(properties).length > 0)
    errors.forbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive');
  if (values !== undefined) {
    const noDefault = place.inMeta === true ? 'inside additionalProperties applying to object metadata' : place.noDefault;
    checkSchema(errors, values, { ...inner, field: `${field}.additionalProperties`, noDefault });
  }
  const resource = place.root || schema['x-kubernetes-embedded-resource'] === true;
  for (const [name, property] of Object.entries(properties)) {
    const meta = resource && META_FIELDS.has(name);
    const noDefault = meta && place.root ? `in top-level ${name}` : place.noDefault;
    const inMeta = meta || place.inMeta === true;
    checkSchema(errors, property, { root: false, field: `${field}.properties[${name}]`, noDefault, inMeta });
  }
  if (schema.not !== undefined && schema.not !== null) checkSchema(errors, schema.not, { ...inner, field: `${field}.not` });
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const) {
    (schema[name] ?? []).forEach((nested, i) => void checkSchema(errors, nested, { ...inner, field: `${field}.${name}[${i}]` }));
  }
  const items = itemsOf(schema);
  if (items !== undefined) checkSchema(errors, items, { ...inner, field: `${field}.items` });
  checkLists(errors, schema, field);
  checkRules(errors, schema, field);
}

/** Parts of OpenAPI that definitions cannot use. */
function checkSupported(errors: ErrorList, schema: JsonSchema, { field, noDefault, inMeta }: Place): void {
  const { type = '' } = schema;
  if (type !== '' && !TYPES.includes(type)) errors.notSupported(`${field}.type`, type, TYPES);
  if (hasDefault(schema) && noDefault !== undefined) errors.forbidden(`${field}.default`, `must not be set ${noDefault}`);
  if ((schema.id ?? '') !== '') errors.forbidden(`${field}.id`, 'id is not supported');
  for (const name of UNSUPPORTED) {
    if (schema[name] !== undefined && schema[name] !== null) errors.forbidden(`${field}.${name}`, `${name} is not supported`);
  }
  if (type === 'null') errors.forbidden(`${field}.type`, 'type cannot be set to null, use nullable as an alternative');
  if (Array.isArray(schema.items)) errors.forbidden(`${field}.items`, 'items must be a schema object and not an array');
  if (inMeta === true && schema['x-kubernetes-embedded-resource'] === true)
    errors.forbidden(`${field}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta');
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.invalid(`${field}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined');
}

function checkLists(errors: ErrorList, schema: JsonSchema, field: string): void {
  const { type = '' } = schema;
  const mapType = schema['x-kubernetes-map-type'];
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const items = itemsOf(schema);
  const mustBe = (wanted: string, extension: string): void => {
    const detail = `must be ${wanted} if ${extension} is specified`;
    if (type === '') errors.required(`${field}.type`, detail);
    else errors.invalid(`${field}.type`, type, detail);
  };
  if (mapType !== undefined && type !== 'object') mustBe('object', 'x-kubernetes-map-type');
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.notSupported(`${field}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']);
  if (listType !== undefined && type !== 'array') mustBe('array', 'x-kubernetes-list-type');
  else if (listType === 'set' && items !== undefined) checkSetItems(errors, items, `${field}.items`);
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.notSupported(`${field}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']);
  if (keys.length > 0 && listType === undefined)
    errors.required(`${field}.x-kubernetes-list-type`, 'must be map if x-kubernetes-list-map-keys is non-empty');
  else if (keys.length > 0 && listType !== 'map')
    errors.invalid(`${field}.x-kubernetes-list-type`, listType, 'must be map if x-kubernetes-list-map-keys is non-empty');
  if (listType === 'map') checkMapList(errors, schema, field);
  if ((listType === 'set' || listType === 'map') && items !== undefined) checkMapItems(errors, { items, listType, keys, field });
}

function checkSetItems(errors: ErrorList, items: JsonSchema, field: string): void {
  const listType = items['x-kubernetes-list-type'];
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic')
    errors.invalid(`${field}.x-kubernetes-list-type`, listType, detail);
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    errors.invalid(`${field}.x-kubernetes-map-type`, listType, detail);
}

function checkMapList(errors: ErrorList, schema: JsonSchema, field: string): void {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const items = itemsOf(schema);
  if (keys.length === 0) errors.required(`${field}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map');
  if (schema.items === undefined) errors.required(`${field}.items`, 'must have a schema if x-kubernetes-list-type is map');
  else if (items === undefined)
    errors.invalid(`${field}.items`, schema.items, 'must only have a single schema if x-kubernetes-list-type is map');
  if (items === undefined) return;
  if (items.type !== 'object') {
    return errors.invalid(`${field}.items.type`, items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map");
  }
  const seen = new Set<string>();
  for (const key of keys) {
    const property = own(items.properties, key);
    if (property === undefined) errors.invalid(`${field}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties');
    else if (property.type === 'array' || property.type === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.invalid(`${field}.items.properties[${key}].type`, items.type, detail);
    }
    if (seen.has(key)) errors.invalid(`${field}.x-kubernetes-list-map-keys`, keys, 'must not contain duplicate entries');
    seen.add(key);
  }
}

function checkMapItems(
  errors: ErrorList,
  { items, listType, keys, field }: { items: JsonSchema; listType: string; keys: readonly string[]; field: string },
): void {
  if (items.nullable === true) errors.forbidden(`${field}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`);
  if (listType !== 'map') return;
  for (const key of keys) {
    const property = own(items.properties, key);
    if (property === undefined) continue;
    const at = `${field}.items.properties[${key}]`;
    const why = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!(items.required ?? []).includes(key) && !hasDefault(property))
      errors.required(`${at}.default`, `${why} must have a default or be a required property`);
    if (property.nullable === true) errors.forbidden(`${at}.nullable`, `${why} cannot be nullable`);
  }
}

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** The texts around CEL rules; the rules themselves are not compiled. */
function checkRules(errors: ErrorList, schema: JsonSchema, field: string): void {
  (schema['x-kubernetes-validations'] ?? []).forEach((entry, i) => {
    const at = `${field}.x-kubernetes-validations[${i}]`;
    const { rule, message = '', messageExpression = '', reason, fieldPath = '' } = entry;
    const lines = /[\n\r]/;
    if (rule.trim() === '') errors.required(`${at}.rule`, 'rule is not specified');
    else if (message !== '' && message.trim() === '') errors.invalid(`${at}.message`, message, 'must be non-empty if specified');
    else if (lines.test(message.trim())) errors.invalid(`${at}.message`, message, 'must not contain line breaks');
    else if (lines.test(rule.trim()) && message.trim() === '')
      errors.required(`${at}.message`, 'message must be specified if rule contains line breaks');
    if (messageExpression !== '' && messageExpression.trim() === '')
      errors.required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified');
    if (reason !== undefined && !REASONS.includes(reason)) errors.notSupported(`${at}.reason`, reason, REASONS);
    if (fieldPath !== '' && fieldPath.trim() === '') errors.invalid(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified');
    if (lines.test(fieldPath)) errors.invalid(`${at}.fieldPath`, fieldPath, 'must not contain line breaks');
  });
}
