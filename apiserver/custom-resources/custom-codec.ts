import type { UntypedObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { ApiError, badRequest, invalid } from '../../shared/machinery/api-error.ts';
import { isRecord } from '../schema/record.ts';
import { DecodeError } from '../schema/trail.ts';
import { decodeMeta, EmbeddedObjectError } from './coerce-meta.ts';
import type { CompiledSchema } from './compile-schema.ts';
import { convertVersion } from './convert-version.ts';
import { sortKeys } from './sort-keys.ts';

/** Reads custom objects from requests and from storage. */
export class CustomCodec {
  readonly #info: ResourceInfo;
  readonly #schema: CompiledSchema;

  constructor(info: ResourceInfo, schema: CompiledSchema) {
    this.#info = info;
    this.#schema = schema;
  }

  /**
   * A body as an object of the kind: metadata decoded, unknown fields dropped and listed as problems, defaults filled in. Shares parts with
   * `value`, which it does not change. Throws ApiError 400 and 422.
   */
  decode(value: unknown): { object: UntypedObject; problems: string[] } {
    const { kind } = this.#info;
    try {
      const sorted = sortKeys(value);
      if (!isRecord(sorted))
        throw new DecodeError(`json: cannot unmarshal ${JSON.stringify(sorted)} into Go value of type map[string]interface {}`);
      const { object: pruned, unknown } = this.#schema.prune(sorted);
      const { kind: _kind, apiVersion: _apiVersion, metadata: given, ...fields } = pruned;
      const { metadata, unknown: unknownMeta } = decodeMeta(given);
      const object = this.#schema.fillIn({ kind, apiVersion: groupVersion(this.#info), metadata, ...fields }) as UntypedObject;
      const paths = [...unknown, ...unknownMeta.map((path) => `metadata.${path}`)];
      return { object, problems: paths.map((path) => `unknown field ${JSON.stringify(path)}`) };
    } catch (error) {
      throw this.#refusal(error, value);
    }
  }

  #refusal(error: unknown, value: unknown): unknown {
    const { kind, version } = this.#info;
    const because = (why: string): ApiError => badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
    if (error instanceof EmbeddedObjectError) return invalid(this.#info, nameOf(value), [error.field]);
    if (error instanceof DecodeError) return because(error.message);
    if (error instanceof ApiError && error.code === 400)
      return because(error.message.replace(/^.*? cannot be handled as a ObjectMeta: /, ''));
    return error;
  }

  /**
   * A stored object, written under whatever version and schema there was then, as one of this version and this schema. The object itself
   * where nothing differs.
   */
  fromStored(stored: UntypedObject): UntypedObject {
    return this.#schema.fillIn(this.#schema.prune(convertVersion(stored, this.#info)).object);
  }
}

function nameOf(value: unknown): string {
  const metadata = isRecord(value) ? value['metadata'] : undefined;
  const name = isRecord(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : '';
}
