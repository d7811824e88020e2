import { isRecord, type JsonRecord } from '../schema/record.ts';
import { coerceMeta } from './coerce-meta.ts';
import { itemsOf, type JsonSchema, valuesOf } from './json-schema.ts';
import type { PruneTrail } from './prune-trail.ts';
import { setField } from './set-field.ts';

/** Returns the value itself where nothing had to go, else a copy that shares all other parts with it. */
export type Prune = (value: unknown, trail: PruneTrail) => unknown;

/** Fields of embedded objects that every object has; they are checked by other rules. */
const META_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Makes a function that drops the fields that a schema does not name. At the root, and in embedded resources, `apiVersion`, `kind` and
 * `metadata` stay; the metadata of embedded resources is decoded. Source: apiextensions-apiserver pkg/apiserver/schema/pruning.
 */
export function compilePrune(schema: JsonSchema, { root, preserve = false }: { root: boolean; preserve?: boolean }): Prune {
  const embedded = root || schema['x-kubernetes-embedded-resource'] === true;
  const keepUnknown = preserve || schema['x-kubernetes-preserve-unknown-fields'] === true;
  const fields = new Map(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, compilePrune(field, { root: false })]));
  const additional = schema.additionalProperties;
  const values = valuesOf(schema);
  const hasValues = additional !== undefined && additional !== null;
  const ofValue = values === undefined ? pruneAll : compilePrune(values, { root: false });
  const items = itemsOf(schema);
  const ofItem = items === undefined ? undefined : compilePrune(items, { root: false, preserve: keepUnknown });
  const field = (name: string, value: unknown, trail: PruneTrail): unknown => {
    const known = fields.get(name);
    if (known !== undefined) return known(value, trail);
    if (hasValues) return ofValue(value, trail);
    if (keepUnknown) return value;
    return DROPPED;
  };
  const prune: Prune = (value, trail) => {
    if (Array.isArray(value)) {
      if (ofItem === undefined) return keepUnknown ? value : pruneAll(value, trail);
      return mapItems(value, ofItem, trail);
    }
    if (!isRecord(value)) return value;
    return mapFields(value, trail, (name, inner) => (embedded && META_FIELDS.has(name) ? inner : field(name, inner, trail)));
  };
  if (!embedded || root) return prune;
  return (value, trail) => {
    const pruned = prune(value, trail);
    return isRecord(pruned) ? coerceMeta(pruned, trail) : pruned;
  };
}

const DROPPED = Symbol('dropped');

/** Below what has no schema only bare values stay. */
function pruneAll(value: unknown, trail: PruneTrail): unknown {
  if (Array.isArray(value)) return mapItems(value, pruneAll, trail);
  return isRecord(value) ? mapFields(value, trail, () => DROPPED) : value;
}

function mapFields(value: JsonRecord, trail: PruneTrail, transform: (name: string, value: unknown) => unknown): JsonRecord {
  let copy: JsonRecord | undefined;
  for (const name of Object.keys(value)) {
    trail.path.push(name);
    const result = transform(name, value[name]);
    trail.path.pop();
    if (result === value[name]) continue;
    copy ??= { ...value };
    if (result === DROPPED) {
      delete copy[name];
      trail.record(name);
    } else setField(copy, name, result);
  }
  return copy ?? value;
}

function mapItems(value: unknown[], transform: Prune, trail: PruneTrail): unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < value.length; i++) {
    trail.path.push(i);
    const result = transform(value[i], trail);
    trail.path.pop();
    if (result === value[i]) continue;
    copy ??= [...value];
    copy[i] = result;
  }
  return copy ?? value;
}
