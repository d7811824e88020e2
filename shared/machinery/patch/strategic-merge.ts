import { loadSchema } from '../../api/schema/load-schema.ts';
import type { ElementSchema, FieldSchema } from '../../api/schema/schema-document.ts';
import { badRequest } from '../api-error.ts';
import { cloneJson, isJsonObject, type JsonObject, setOwn } from './json-value.ts';
import { DELETE_FROM_PRIMITIVES, DIRECTIVE, dropDirectives, RETAIN_KEYS, SET_ELEMENT_ORDER, unknownDirective } from './patch-directives.ts';
import { deletePrimitives, keepOrder, mergeList } from './strategic-list.ts';

/** Where in the schema a value lies: a type with fields, a map, or (undefined) JSON without a schema. */
export type MergeSchema = ElementSchema | undefined;

/**
 * Applies a strategic merge patch by the merge keys of the schema and returns the new object; neither argument changes.
 * Deviation: what kube-apiserver answers as 500 although the patch is at fault (unknown field, missing merge key) is a 400 here,
 * with upstream's message.
 */
export function applyStrategicMergePatch(typeName: string, original: JsonObject, patch: JsonObject): JsonObject {
  return mergeMap(cloneJson(original), cloneJson(patch), { ref: typeName });
}

/** Merges `patch` into `original`; both belong to the caller's copy and may be changed. */
export function mergeMap(original: JsonObject, patch: JsonObject, schema: MergeSchema): JsonObject {
  if (Object.hasOwn(patch, DIRECTIVE)) return replaceOrDelete(patch);
  retainKeys(original, patch);
  mergeOrderedLists(original, patch, schema);
  for (const [patchKey, value] of Object.entries(patch)) {
    if (patchKey.startsWith(DELETE_FROM_PRIMITIVES)) {
      deleteFromList(original, patchKey.slice(DELETE_FROM_PRIMITIVES.length), value);
    } else if (value === null) {
      delete original[patchKey];
    } else {
      setOwn(
        original,
        patchKey,
        mergeValue(Object.hasOwn(original, patchKey) ? original[patchKey] : undefined, value, fieldOf(schema, patchKey)),
      );
    }
  }
  return original;
}

/** A field found lazily: an unknown one is an error only where its value must be merged. */
interface FieldLookup {
  find(): FieldSchema | ElementSchema | undefined;
}

function mergeValue(original: unknown, patch: unknown, field: FieldLookup): unknown {
  if (isJsonObject(patch)) {
    if (!isJsonObject(original)) return dropDirectives(patch);
    const schema = field.find();
    return strategiesOf(schema).includes('replace') ? dropDirectives(patch) : mergeMap(original, patch, schema);
  }
  if (Array.isArray(patch)) {
    if (!Array.isArray(original)) return dropDirectives(patch);
    const schema = field.find();
    if (!strategiesOf(schema).includes('merge')) return dropDirectives(patch);
    return mergeList(original, patch, listOf(schema));
  }
  return patch;
}

function replaceOrDelete(patch: JsonObject): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') {
    delete patch[DIRECTIVE];
    return dropDirectives(patch) as JsonObject;
  }
  if (directive === 'delete') return {};
  throw unknownDirective(directive);
}

/** `$retainKeys` names all keys that stay; a patch that sets another one contradicts itself. */
function retainKeys(original: JsonObject, patch: JsonObject): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
  const keys = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(keys)) throw badRequest('invalid patch format of retainKeys');
  const kept = new Set<unknown>(keys);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith(DELETE_FROM_PRIMITIVES) || key.startsWith(SET_ELEMENT_ORDER)) continue;
    if (!kept.has(key)) throw badRequest('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
}

/** Lists that come with `$setElementOrder/…` are merged and ordered here and taken out of the patch. */
function mergeOrderedLists(original: JsonObject, patch: JsonObject, schema: MergeSchema): void {
  for (const directive of Object.keys(patch).filter((key) => key.startsWith(SET_ELEMENT_ORDER))) {
    const order = patch[directive];
    const key = directive.slice(SET_ELEMENT_ORDER.length);
    delete patch[directive];
    const before = Object.hasOwn(original, key) ? original[key] : undefined;
    const change = Object.hasOwn(patch, key) ? patch[key] : undefined;
    if (!Array.isArray(order)) throw badRequest('invalid patch format of setElementOrder list');
    if (change === null) continue;
    if (change !== undefined && !Array.isArray(change)) throw badRequest('invalid patch format of setElementOrder list');
    if (!Array.isArray(before) && change === undefined) continue;
    const field = fieldOf(schema, key).find();
    const merged = change === undefined ? before : mergeValue(before, change, { find: () => field });
    setOwn(
      original,
      key,
      keepOrder(merged as unknown[], { order, change: change ?? [], before: Array.isArray(before) ? before : [], ...listOf(field) }),
    );
    delete patch[key];
  }
}

function deleteFromList(original: JsonObject, key: string, values: unknown): void {
  if (!Array.isArray(values)) throw badRequest('invalid patch format of primitive list');
  const list = Object.hasOwn(original, key) ? original[key] : undefined;
  if (Array.isArray(list)) setOwn(original, key, deletePrimitives(list, values));
}

function fieldOf(schema: MergeSchema, key: string): FieldLookup {
  return {
    find: () => {
      if (schema?.map !== undefined) return schema.map;
      if (schema?.ref === undefined) return undefined;
      const type = loadSchema().types[schema.ref];
      if (type?.fields === undefined) return undefined;
      const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
      if (field === undefined) {
        throw badRequest(`unable to find api field in struct ${schema.ref.split('.').at(-1)} for the json field ${JSON.stringify(key)}`);
      }
      return field;
    },
  };
}

function strategiesOf(schema: FieldSchema | ElementSchema | undefined): readonly string[] {
  return schema !== undefined && 'patchStrategy' in schema ? (schema.patchStrategy?.split(',') ?? []) : [];
}

function listOf(schema: FieldSchema | ElementSchema | undefined): { mergeKey: string; element: MergeSchema } {
  return { mergeKey: (schema !== undefined && 'patchMergeKey' in schema && schema.patchMergeKey) || '', element: schema?.array };
}
