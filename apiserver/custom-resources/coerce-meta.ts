import type { UntypedObject } from '../../shared/api/meta.ts';
import { ApiError, type FieldError } from '../../shared/machinery/api-error.ts';
import { decodeObject } from '../schema/decode.ts';
import type { JsonRecord } from '../schema/record.ts';
import { type PruneTrail, textOf } from './prune-trail.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** What is wrong with an object inside a custom resource; refused as invalid, not as a bad request. */
export class EmbeddedObjectError extends Error {
  readonly field: FieldError;

  constructor(path: string, value: unknown, detail: string) {
    super(detail);
    this.field = { type: 'FieldValueInvalid', field: path, message: `Invalid value: ${JSON.stringify(value)}: ${detail}` };
  }
}

/** Checks the types of an embedded object's own fields and decodes its metadata. Source: apiextensions-apiserver schema/objectmeta. */
export function coerceMeta(object: JsonRecord, trail: PruneTrail): JsonRecord {
  for (const name of ['apiVersion', 'kind'] as const) {
    const value = object[name];
    if (value !== undefined && typeof value !== 'string')
      throw new EmbeddedObjectError(textOf([...trail.path, name]), value, 'must be a string');
  }
  if (object['metadata'] === undefined) return object;
  try {
    const { metadata, unknown } = decodeMeta(object['metadata']);
    for (const field of unknown) trail.record(`metadata.${field}`);
    return { ...object, metadata };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const why = error.message.replace(/^.*? cannot be handled as a ObjectMeta: /, '');
    throw new EmbeddedObjectError(textOf([...trail.path, 'metadata']), object['metadata'], why);
  }
}

/** Metadata of the right types, without empty fields, and the paths of unknown fields in it. Throws ApiError 400. */
export function decodeMeta(value: unknown): { metadata: UntypedObject['metadata']; unknown: string[] } {
  const { object, problems } = decodeObject(OBJECT_META, value ?? {});
  for (const [name, inner] of Object.entries(object)) if (inner === null || inner === '') delete object[name];
  const unknown = problems.map((problem) => JSON.parse(problem.replace(/^unknown field /, '')) as string);
  return { metadata: object as unknown as UntypedObject['metadata'], unknown };
}
