import type { UntypedObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { badRequest, unsupportedMediaType } from '../../shared/machinery/api-error.ts';
import { isCustomResource } from '../custom-resources/custom-resource-info.ts';
import { parseProtobuf } from '../encoding/protobuf.ts';
import { parseYaml } from '../encoding/yaml.ts';
import type { RequestContext } from '../registry/request-context.ts';
import { applyDefaults } from '../schema/apply-defaults.ts';
import { decodeObject } from '../schema/decode.ts';
import { findDuplicateKeys } from '../schema/duplicate-keys.ts';

export interface RawBody {
  bytes: Buffer;
  /** As the client sent it; undefined counts as JSON. */
  contentType: string | undefined;
}

const UNKNOWN_FORMAT =
  'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf';

/** The JSON value of a JSON, YAML or protobuf body, and its text where that is JSON. Throws 415 and 400. */
export function parseBody({ bytes, contentType }: RawBody): { value: unknown; text: string | undefined } {
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === 'application/vnd.kubernetes.protobuf') return { value: parseProtobuf(bytes), text: undefined };
  const text = bytes.toString();
  if (mediaType === 'application/yaml' || mediaType === 'text/yaml') return { value: parseYaml(text), text: undefined };
  if (mediaType !== 'application/json') throw unsupportedMediaType(UNKNOWN_FORMAT);
  return { value: parseJson(text), text };
}

export function mediaTypeOf(contentType: string | undefined): string {
  if (contentType === undefined || contentType === '') return 'application/json';
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The body as a defaulted object of the kind, checked for unknown and duplicate fields as the request wants it. */
export function decodeBody(info: ResourceInfo, body: RawBody, context: RequestContext): UntypedObject {
  const { value, text } = parseBody(body);
  return decodeValue(info, value, context, text === undefined || context.fieldValidation === 'Ignore' ? [] : findDuplicateKeys(text));
}

/** As `decodeBody`, for a value that was parsed already. */
export function decodeValue(
  info: ResourceInfo,
  value: unknown,
  context: RequestContext,
  duplicates: readonly string[] = [],
): UntypedObject {
  checkKind(info, value);
  const custom = isCustomResource(info);
  const { object, problems } = custom ? info.codec.decode(value) : decodeObject(info.type, value);
  object.kind = info.kind;
  object.apiVersion = groupVersion(info);
  reportProblems(info, [...duplicates, ...problems], context);
  if (!custom) applyDefaults(info, object);
  return object;
}

function reportProblems(info: ResourceInfo, problems: readonly string[], context: RequestContext): void {
  if (problems.length === 0 || context.fieldValidation === 'Ignore') return;
  if (context.fieldValidation === 'Warn') {
    context.warnings.push(...problems);
    return;
  }
  throw badRequest(
    `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: strict decoding error: ${problems.join(', ')}`,
  );
}

function checkKind(info: ResourceInfo, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const { kind, apiVersion } = value as { kind?: unknown; apiVersion?: unknown };
  const wrongKind = kind !== undefined && kind !== '' && kind !== info.kind;
  const wrongVersion = apiVersion !== undefined && apiVersion !== '' && apiVersion !== groupVersion(info);
  if (!wrongKind && !wrongVersion) return;
  const sentKind = wrongKind ? String(kind) : info.kind;
  const sentVersion = wrongVersion ? String(apiVersion) : groupVersion(info);
  if (wrongKind) {
    const short = sentVersion.includes('/') ? sentVersion : `${sentVersion}`;
    const own = info.group === '' ? 'core' : (info.group.split('.')[0] ?? info.group);
    throw badRequest(
      `${sentKind} in version "${sentVersion}" cannot be handled as a ${info.kind}: converting (${short.split('/').at(-1)}.${sentKind}) to (${own}.${info.kind}): unknown conversion`,
    );
  }
  throw badRequest(
    `${info.kind} in version "${sentVersion}" cannot be handled as a ${info.kind}: no kind "${info.kind}" is registered for version "${sentVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
  );
}
