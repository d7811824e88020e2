import { badRequest } from '../api-error.ts';
import { isJsonObject, type JsonObject, setOwn } from './json-value.ts';

/** `$patch: replace | delete` in a map or an element of a list. */
export const DIRECTIVE = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const DELETE_FROM_PRIMITIVES = '$deleteFromPrimitiveList/';
export const SET_ELEMENT_ORDER = '$setElementOrder/';

/** What a part of a patch means where there was nothing before: without nulls in maps, directives and elements that ask for their deletion. */
export function dropDirectives(patch: unknown): unknown {
  if (Array.isArray(patch)) return patch.filter((item) => !isJsonObject(item) || !isDirectiveElement(item)).map(dropDirectives);
  if (!isJsonObject(patch)) return patch;
  const value: JsonObject = {};
  for (const [key, item] of Object.entries(patch)) {
    if (item !== null && !isDirective(key)) setOwn(value, key, dropDirectives(item));
  }
  return value;
}

/** An element that only speaks about the list: it deletes another one, or says that the list is replaced. */
function isDirectiveElement(item: JsonObject): boolean {
  return item[DIRECTIVE] === 'delete' || (item[DIRECTIVE] === 'replace' && Object.keys(item).length === 1);
}

function isDirective(key: string): boolean {
  return key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_FROM_PRIMITIVES) || key.startsWith(SET_ELEMENT_ORDER);
}

export function unknownDirective(directive: unknown): Error {
  return badRequest(`unknown patch type: ${typeof directive === 'string' ? directive : JSON.stringify(directive)} in map`);
}
