import type { UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { ApiError, invalid, quote } from '../../shared/machinery/api-error.ts';
import { applyPatch, unsupportedPatch } from '../../shared/machinery/patch/apply-patch.ts';
import { isCustomResource } from '../custom-resources/custom-resource-info.ts';
import type { RequestContext } from '../registry/request-context.ts';
import { findDuplicateKeys } from '../schema/duplicate-keys.ts';
import { decodeValue, mediaTypeOf, parseBody, type RawBody } from './request-body.ts';

const STRATEGIC = 'application/strategic-merge-patch+json';
const PATCHES = new Set(['application/json-patch+json', 'application/merge-patch+json', STRATEGIC]);

/** Makes the patched object of its kind, checked for unknown and duplicate fields as the request wants it. */
export type PatchFunction = (current: UntypedObject, context: RequestContext) => UntypedObject;

/** Reads a patch. Throws 415 and 400; the function throws 422 where the result is not of the kind. Source: apiserver handlers/patch.go. */
export function readPatch(info: ResourceInfo, body: RawBody): PatchFunction {
  const mediaType = mediaTypeOf(body.contentType);
  const typeName = isCustomResource(info) ? undefined : info.type;
  if (!PATCHES.has(mediaType)) throw unsupportedPatch(typeName);
  const { value, text } = parseBody({ ...body, contentType: 'application/json' });
  return (current, context) => {
    const patched = applyPatch(mediaType, typeName, current, value);
    const duplicates = text === undefined || context.fieldValidation === 'Ignore' ? [] : findDuplicateKeys(text);
    try {
      return decodeValue(info, patched, context, duplicates);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 400) throw error;
      const shown = mediaType === STRATEGIC ? goText(value) : JSON.stringify(patched);
      const why = error.message.replace(/^\S+ in version "[^"]*" cannot be handled as an? \S+: /, '');
      const message = `Invalid value: ${quote(shown)}: ${why}`;
      throw invalid({ group: '', plural: '', kind: '' }, '', [{ type: 'FieldValueInvalid', field: 'patch', message }]);
    }
  };
}

/** A JSON value as Go's `%+v` prints it. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(' ')}]`;
}
