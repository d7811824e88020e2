import { badRequest, failure, tooLarge } from '../api-error.ts';
import { cloneJson, equalJson, isJsonObject, setOwn } from './json-value.ts';

/** Most operations in one patch. Source: kube-apiserver maxJSONPatchOperations. */
const MAX_OPERATIONS = 10_000;
/** Most list elements and keys that `copy` may add in all: repeated copies double a document. */
const MAX_COPIED_VALUES = 1_000_000;

/**
 * Applies a JSON Patch (RFC 6902) and returns the new document; `document` stays as it is. An operation that does not apply throws a 422
 * as kube-apiserver answers it, a malformed patch a 400. Deviation: negative indexes are refused, as in the RFC.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest(`json: cannot unmarshal ${goKind(patch)} into Go value of type jsonpatch.Patch`);
  if (patch.length > MAX_OPERATIONS) {
    throw tooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`);
  }
  const state: State = { root: cloneJson(document), copied: 0 };
  for (const operation of patch) apply(state, operation);
  return state.root;
}

interface State {
  root: unknown;
  copied: number;
}

function apply(state: State, operation: unknown): void {
  if (!isJsonObject(operation)) throw badRequest(`json: cannot unmarshal ${goKind(operation)} into Go value of type jsonpatch.Operation`);
  const path = parsePointer(operation.path);
  switch (operation.op) {
    case 'add':
      add(state, path, cloneJson(valueIn(operation)));
      break;
    case 'remove':
      remove(state, path);
      break;
    case 'replace':
      replace(state, path, cloneJson(valueIn(operation)));
      break;
    case 'move':
      move(state, parsePointer(operation.from), path);
      break;
    case 'copy':
      copy(state, parsePointer(operation.from), path);
      break;
    case 'test':
      if (!equalJson(read(state.root, path), valueIn(operation))) throw doesNotApply();
      break;
    default:
      throw doesNotApply();
  }
}

function move(state: State, from: readonly string[], path: readonly string[]): void {
  if (from.length < path.length && from.every((token, i) => token === path[i])) throw doesNotApply();
  add(state, path, remove(state, from));
}

function copy(state: State, from: readonly string[], path: readonly string[]): void {
  const value = read(state.root, from);
  state.copied += countValues(value);
  if (state.copied > MAX_COPIED_VALUES) throw doesNotApply();
  add(state, path, cloneJson(value));
}

function add(state: State, path: readonly string[], value: unknown): void {
  const last = path.at(-1);
  if (last === undefined) {
    state.root = value;
    return;
  }
  const parent = read(state.root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : indexOf(last, parent.length + 1), 0, value);
  else if (isJsonObject(parent)) setOwn(parent, last, value);
  else throw doesNotApply();
}

function remove(state: State, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) throw doesNotApply();
  const value = read(state.root, path);
  const parent = read(state.root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexOf(last, parent.length), 1);
  else if (isJsonObject(parent)) delete parent[last];
  return value;
}

function replace(state: State, path: readonly string[], value: unknown): void {
  const last = path.at(-1);
  if (last === undefined) {
    state.root = value;
    return;
  }
  read(state.root, path);
  const parent = read(state.root, path.slice(0, -1));
  if (Array.isArray(parent)) parent[indexOf(last, parent.length)] = value;
  else if (isJsonObject(parent)) setOwn(parent, last, value);
}

/** The value at a path; the path must exist. */
function read(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const token of path) {
    if (Array.isArray(value)) value = value[indexOf(token, value.length)];
    else if (isJsonObject(value) && Object.hasOwn(value, token)) value = value[token];
    else throw doesNotApply();
  }
  return value;
}

function parsePointer(pointer: unknown): string[] {
  if (typeof pointer !== 'string') throw doesNotApply();
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw doesNotApply();
  const tokens = pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (tokens.includes('__proto__')) throw doesNotApply();
  return tokens;
}

function indexOf(token: string, end: number): number {
  if (!/^(?:0|[1-9]\d{0,8})$/.test(token) || Number(token) >= end) throw doesNotApply();
  return Number(token);
}

function valueIn(operation: Record<string, unknown>): unknown {
  if (!Object.hasOwn(operation, 'value')) throw doesNotApply();
  return operation.value;
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + countValues(item), 1);
}

function doesNotApply(): Error {
  return failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

/** The JSON type as Go's decoder names it in its errors. */
export function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
