import { isRecord, own } from '../schema/record.ts';
import { ErrorList } from '../validation/error-list.ts';
import { itemsOf, type JsonSchema, valuesOf } from './json-schema.ts';

/** Finds items that a set has twice, and items of a map with the same keys. */
export type CheckLists = (value: unknown, field: string, errors: ErrorList) => void;

/** Undefined: there are no such lists in the schema. Source: apiextensions-apiserver pkg/apiserver/schema/listtype. */
export function compileListChecks(schema: JsonSchema): CheckLists | undefined {
  const items = itemsOf(schema);
  const ofItem = items === undefined ? undefined : compileListChecks(items);
  const unique = compileUnique(schema);
  const fields = new Map<string, CheckLists>();
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const check = compileListChecks(field);
    if (check !== undefined) fields.set(name, check);
  }
  const values = valuesOf(schema);
  const ofValue = values === undefined ? undefined : compileListChecks(values);
  if (ofItem === undefined && unique === undefined && fields.size === 0 && ofValue === undefined) return undefined;
  return (value, field, errors) => {
    if (Array.isArray(value)) {
      unique?.(value, field, errors);
      if (ofItem !== undefined) for (let i = 0; i < value.length; i++) ofItem(value[i], `${field}[${i}]`, errors);
    } else if (isRecord(value)) {
      if (ofValue !== undefined) for (const [key, inner] of Object.entries(value)) ofValue(inner, `${field}[${key}]`, errors);
      for (const [name, check] of fields) check(own(value, name), field === '' ? name : `${field}.${name}`, errors);
    }
  };
}

function compileUnique(schema: JsonSchema): ((items: readonly unknown[], field: string, errors: ErrorList) => void) | undefined {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return (items, field, errors) => {
        for (const i of duplicates(items)) errors.duplicate(`${field}[${i}]`, items[i]);
      };
    case 'map':
      return (items, field, errors) => {
        const wrong = items.findIndex((item) => item !== null && !isRecord(item));
        if (wrong >= 0) return errors.invalid(`${field}[${wrong}]`, items[wrong], 'must be an object for an array of list-type map');
        const all = items.map((item) => (isRecord(item) ? keysOf(item, keys) : {}));
        for (const i of duplicates(all)) errors.duplicate(`${field}[${i}]`, all[i]);
      };
    default:
      return undefined;
  }
}

function keysOf(item: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries([...keys].sort().flatMap((key) => (Object.hasOwn(item, key) ? [[key, item[key]]] : [])));
}

/** The places where something is met for the second time. */
function duplicates(items: readonly unknown[]): number[] {
  const times = new Map<string, number>();
  return items.flatMap((item, i) => {
    const text = JSON.stringify(item);
    const seen = (times.get(text) ?? 0) + 1;
    times.set(text, seen);
    return seen === 2 ? [i] : [];
  });
}

/** The errors of an update; lists that were wrong before may stay so. */
export function checkListsOfUpdate(check: CheckLists, value: unknown, old: unknown): ErrorList['items'] {
  const errors = new ErrorList();
  check(value, '', errors);
  if (errors.items.length === 0) return errors.items;
  const before = new ErrorList();
  check(old, '', before);
  return before.items.length > 0 ? [] : errors.items;
}
