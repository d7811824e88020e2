import { badRequest } from '../api-error.ts';
import { getOwn, isJsonObject, type JsonObject } from './json-value.ts';
import { DIRECTIVE, dropDirectives, unknownDirective } from './patch-directives.ts';
import { type MergeSchema, mergeMap } from './strategic-merge.ts';

interface ListSchema {
  /** '' for lists of scalars. */
  mergeKey: string;
  element: MergeSchema;
}

interface ElementOrder extends ListSchema {
  /** The `$setElementOrder` list: merge keys alone, or scalars. */
  order: readonly unknown[];
  /** The patch's list. */
  change: readonly unknown[];
  /** The list before the patch. */
  before: readonly unknown[];
}

/** Merges a list of the patch into the one of the object, by merge key or, for scalars, as sets; new elements come where upstream puts them. */
export function mergeList(original: unknown[], patch: unknown[], schema: ListSchema): unknown[] {
  const all = [...original, ...patch];
  if (all.some(Array.isArray)) throw badRequest('lists of lists are not supported');
  const maps = all.filter(isJsonObject).length;
  if (maps === 0) return arrange(unique(all), { patchOrder: patch, serverOrder: original, mergeKey: '' });
  if (maps !== all.length) throw badRequest('list element types are not identical');
  if (schema.mergeKey === '') throw badRequest('cannot merge lists without merge key');
  const { kept, changes } = applyDirectives(original as JsonObject[], patch as JsonObject[], schema.mergeKey);
  const merged = [...kept];
  const places = placesOf(merged, schema.mergeKey);
  for (const change of changes) {
    requireKey(change, schema.mergeKey);
    const id = identity(change, schema.mergeKey);
    const at = places.get(id);
    const found = at === undefined ? undefined : merged[at];
    if (at === undefined || found === undefined) {
      places.set(id, merged.length);
      merged.push(dropDirectives(change) as JsonObject);
    } else {
      merged[at] = mergeMap(found, change, schema.element);
    }
  }
  return arrange(merged, { patchOrder: changes, serverOrder: kept, mergeKey: schema.mergeKey });
}

/** Puts a merged list into the order that `$setElementOrder` asks for; elements it does not name keep their place as well as may be. */
export function keepOrder(merged: unknown[], { order, change, before, mergeKey }: ElementOrder): unknown[] {
  const named = change.filter((item) => !isJsonObject(item) || !Object.hasOwn(item, DIRECTIVE));
  let at = 0;
  for (const item of named) {
    while (at < order.length && identity(order[at], mergeKey) !== identity(item, mergeKey)) at++;
    if (at === order.length) throw badRequest("The order in patch list doesn't match $setElementOrder list");
    at++;
  }
  return arrange(merged, { patchOrder: order, serverOrder: before, mergeKey });
}

export function deletePrimitives(list: readonly unknown[], values: readonly unknown[]): unknown[] {
  const deleted = new Set(values);
  return list.filter((item) => !deleted.has(item));
}

/** Takes elements with `$patch` out of the patch and does what they ask for. */
function applyDirectives(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
): { kept: JsonObject[]; changes: JsonObject[] } {
  const deleted = new Set<string>();
  let replace = false;
  const changes: JsonObject[] = [];
  for (const item of patch) {
    if (!Object.hasOwn(item, DIRECTIVE)) {
      changes.push(item);
      continue;
    }
    const directive = item[DIRECTIVE];
    if (directive === 'delete') {
      requireKey(item, mergeKey);
      deleted.add(identity(item, mergeKey));
    } else if (directive === 'replace') {
      replace = true;
    } else {
      throw directive === 'merge' ? badRequest('merging lists cannot yet be specified in the patch') : unknownDirective(directive);
    }
  }
  return { kept: replace ? [] : original.filter((item) => !deleted.has(identity(item, mergeKey))), changes };
}

/**
 * Elements named by the patch come in its order; the others are inserted before the first of those that followed them on the server.
 * Source: apimachinery strategicpatch, normalizeElementOrder.
 */
function arrange(
  merged: readonly unknown[],
  by: { patchOrder: readonly unknown[]; serverOrder: readonly unknown[]; mergeKey: string },
): unknown[] {
  const { patchOrder, serverOrder, mergeKey } = by;
  const patchPlaces = placesOf(patchOrder, mergeKey);
  const serverPlaces = placesOf(serverOrder, mergeKey);
  const ranked = merged.map((item) => {
    const id = identity(item, mergeKey);
    return { item, patch: patchPlaces.get(id) ?? -1, server: serverPlaces.get(id) ?? -1 };
  });
  const named = ranked.filter(({ patch }) => patch >= 0).sort((a, b) => a.patch - b.patch);
  const others = ranked.filter(({ patch }) => patch < 0).sort((a, b) => a.server - b.server);
  const arranged: unknown[] = [];
  let next = 0;
  for (const { item, server } of named) {
    for (
      let other = others[next];
      other !== undefined && server >= 0 && other.server >= 0 && other.server < server;
      other = others[++next]
    ) {
      arranged.push(other.item);
    }
    arranged.push(item);
  }
  return [...arranged, ...others.slice(next).map(({ item }) => item)];
}

function placesOf(list: readonly unknown[], mergeKey: string): Map<string, number> {
  const places = new Map<string, number>();
  for (const [i, item] of list.entries()) {
    const id = identity(item, mergeKey);
    if (!places.has(id)) places.set(id, i);
  }
  return places;
}

/** Equal for elements that are the same one to a merge. */
function identity(item: unknown, mergeKey: string): string {
  return JSON.stringify(isJsonObject(item) && mergeKey !== '' ? getOwn(item, mergeKey) : item) ?? '';
}

function requireKey(item: JsonObject, mergeKey: string): void {
  if (!Object.hasOwn(item, mergeKey)) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
}

function unique(values: readonly unknown[]): unknown[] {
  const seen = new Set<unknown>();
  return values.filter((value) => !seen.has(value) && seen.add(value));
}
