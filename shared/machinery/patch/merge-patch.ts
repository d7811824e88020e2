import { cloneJson, isJsonObject, type JsonObject, setOwn } from './json-value.ts';

/** Applies a JSON merge patch (RFC 7386) and returns the new document; neither argument changes. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  return merge(cloneJson(document), patch);
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return cloneJson(patch);
  const merged: JsonObject = isJsonObject(target) ? target : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else setOwn(merged, key, merge(Object.hasOwn(merged, key) ? merged[key] : undefined, value));
  }
  return merged;
}
