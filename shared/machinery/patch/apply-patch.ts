import type { UntypedObject } from '../../api/meta.ts';
import { badRequest, unsupportedMediaType } from '../api-error.ts';
import { applyJsonPatch, goKind } from './json-patch.ts';
import { isJsonObject } from './json-value.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/**
 * The object after a patch of the given media type (parameters are ignored); `original` and `patch` stay as they are and share nothing with
 * the result. `typeName` is the schema's name of the type, undefined for custom resources, which have no strategic merge.
 * Server-side apply is not a patch of this kind: it throws 415 here.
 */
export function applyPatch(contentType: string, typeName: string | undefined, original: UntypedObject, patch: unknown): UntypedObject {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const patched = withinStack(() => patchedValue(mediaType, typeName, original, patch));
  if (!isJsonObject(patched)) throw badRequest(`json: cannot unmarshal ${goKind(patched)} into Go value of type map[string]interface {}`);
  return patched as UntypedObject;
}

/** Patches and objects are as deep as they like; the stack is not. */
function withinStack(apply: () => unknown): unknown {
  try {
    return apply();
  } catch (error) {
    throw error instanceof RangeError ? badRequest('exceeded max depth') : error;
  }
}

function patchedValue(mediaType: string, typeName: string | undefined, original: UntypedObject, patch: unknown): unknown {
  if (mediaType === JSON_PATCH) return applyJsonPatch(original, patch);
  if (mediaType === MERGE_PATCH) return applyMergePatch(original, mapPatch(patch));
  if (mediaType === STRATEGIC_MERGE_PATCH && typeName !== undefined) return applyStrategicMergePatch(typeName, original, mapPatch(patch));
  throw unsupportedPatch(typeName);
}

function mapPatch(patch: unknown): Record<string, unknown> {
  if (!isJsonObject(patch)) {
    throw badRequest(`error decoding patch: json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`);
  }
  return patch;
}

/** 415 with the media types that a kind accepts. */
export function unsupportedPatch(typeName: string | undefined): Error {
  const accepted = [JSON_PATCH, MERGE_PATCH, ...(typeName === undefined ? [] : [STRATEGIC_MERGE_PATCH]), APPLY_PATCH];
  return unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`);
}
