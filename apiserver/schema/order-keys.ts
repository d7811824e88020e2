import type { UntypedObject } from '../../shared/api/meta.ts';
import { loadSchema } from '../../shared/api/schema/load-schema.ts';
import type { ElementSchema } from '../../shared/api/schema/schema-document.ts';
import { isRecord, type JsonRecord } from './record.ts';

type Order = (value: unknown) => unknown;

const compiled = new Map<string, Order>();

/**
 * The object with keys in schema order again, after defaults, strategies and admission have added fields. What is in order already is
 * not copied, so the result may be `object` itself and shares parts with it. Fields that are not in the schema come last.
 */
export function orderKeys(typeName: string, object: UntypedObject): UntypedObject {
  return orderOf(typeName)(object) as UntypedObject;
}

function orderOf(typeName: string): Order {
  const known = compiled.get(typeName);
  if (known !== undefined) return known;
  const type = loadSchema().types[typeName];
  let fields: Map<string, { rank: number; order: Order | undefined }> | undefined;
  const order: Order = (value) => {
    if (!isRecord(value) || type?.fields === undefined || type.codec !== undefined) return value;
    fields ??= new Map(Object.entries(type.fields).map(([name, field], rank) => [name, { rank, order: elementOrder(field) }]));
    let last = -1;
    let ordered = true;
    for (const key of Object.keys(value)) {
      const field = fields.get(key);
      const rank = field?.rank ?? Number.MAX_SAFE_INTEGER;
      if (rank < last) ordered = false;
      last = rank;
      if (field?.order === undefined) continue;
      const inner = value[key];
      const result = field.order(inner);
      if (result !== inner) value[key] = result;
    }
    return ordered ? value : reordered(value, fields);
  };
  compiled.set(typeName, order);
  return order;
}

function reordered(value: JsonRecord, fields: ReadonlyMap<string, unknown>): JsonRecord {
  const out: JsonRecord = {};
  for (const name of fields.keys()) if (value[name] !== undefined) out[name] = value[name];
  for (const key of Object.keys(value)) if (!fields.has(key)) out[key] = value[key];
  return out;
}

function elementOrder(element: ElementSchema): Order | undefined {
  if (element.ref !== undefined) return orderOf(element.ref);
  if (element.array !== undefined) {
    const order = elementOrder(element.array);
    if (order === undefined) return undefined;
    return (value) => {
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) {
          const result = order(value[i]);
          if (result !== value[i]) value[i] = result;
        }
      }
      return value;
    };
  }
  if (element.map === undefined) return undefined;
  const order = elementOrder(element.map);
  return (value) => (isRecord(value) ? orderedMap(value, order) : value);
}

/** Go writes maps in the order of their keys. */
function orderedMap(map: JsonRecord, order: Order | undefined): JsonRecord {
  const keys = Object.keys(map);
  let sorted = true;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? '';
    if (i > 0 && (keys[i - 1] ?? '') > key) sorted = false;
    if (order !== undefined) map[key] = order(map[key]);
  }
  return sorted ? map : Object.fromEntries(keys.sort().map((key) => [key, map[key]]));
}
