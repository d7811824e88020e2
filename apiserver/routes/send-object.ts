import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { UntypedObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { badRequest, notAcceptable } from '../../shared/machinery/api-error.ts';
import { isCustomResource } from '../custom-resources/custom-resource-info.ts';
import { metadataOnly, metadataOnlyList } from '../encoding/metadata-only.ts';
import { negotiate, type Representation } from '../encoding/negotiate.ts';
import { tableFor } from '../encoding/table.ts';
import { stringifyYaml } from '../encoding/yaml.ts';
import type { ListedObjects } from '../registry/list-objects.ts';
import type { Encoded, ObjectStore } from '../registry/object-store.ts';
import { type CachedObject, withOwners } from '../storage/watch-cache-object.ts';
import type { Call } from './call.ts';

const gzip = promisify(gzipCallback);
/** Smaller answers are not worth it. Source: apiserver responsewriters defaultGzipThresholdBytes. */
const GZIP_BYTES = 128 * 1024;
/** Source: apiserver responsewriters defaultGzipContentEncodingLevel. */
const GZIP_LEVEL = 1;

export interface SendOptions {
  code: number;
  info: ResourceInfo;
  now: number;
  warnings?: readonly string[];
}

/** Answers with one object in the form that the client asked for. */
export function sendObject(call: Call, encoded: Encoded, options: SendOptions): FastifyReply | Promise<FastifyReply> {
  const { reply } = call;
  reply.code(options.code);
  addWarnings(reply, options.warnings ?? []);
  const representation = negotiate(call.request.headers.accept);
  if (representation.as === 'object') {
    if (representation.format === 'json' && !isPretty(call)) return sendBytes(call, encoded.bytes, representation);
    return sendBytes(call, render(call, wholeOf(encoded), representation), representation);
  }
  if (encoded.object.kind === 'Status') return sendBytes(call, encoded.bytes, { ...representation, contentType: 'application/json' });
  if (representation.as === 'PartialObjectMetadataList')
    throw notAcceptable(`you requested ${representation.as}, but the requested object is not a list`);
  const view =
    representation.as === 'Table'
      ? tableFor(options.info, [encoded.object], {
          includeObject: includeObject(call),
          now: options.now,
          version: representation.version,
          metadata: { resourceVersion: encoded.object.metadata.resourceVersion },
        })
      : metadataOnly(wholeOf(encoded), representation.version);
  return sendBytes(call, render(call, view, representation), representation);
}

/** Answers with a list; plain JSON is put together from the stored bytes. */
export function sendList(call: Call, store: ObjectStore, listed: ListedObjects, now: number): FastifyReply | Promise<FastifyReply> {
  const representation = negotiate(call.request.headers.accept);
  const { info } = store;
  if (representation.as === 'object' && representation.format === 'json' && !isPretty(call)) {
    return sendBytes(call, joinList(store, listed), representation);
  }
  const read = (cached: CachedObject): UntypedObject => store.read(cached);
  // Deviation: rows of tables carry no managedFields (docs/compatibility.md#server-side-apply).
  const objects = listed.objects.map(representation.as === 'Table' ? read : (cached) => withOwners(read(cached), cached.managedFields));
  if (representation.as === 'object') {
    const list = {
      kind: info.listKind,
      apiVersion: groupVersion(info),
      metadata: listed.metadata,
      items: isCustomResource(info) ? objects : objects.map(({ kind: _kind, apiVersion: _apiVersion, ...object }) => object),
    };
    return sendBytes(call, render(call, list, representation), representation);
  }
  if (representation.as === 'PartialObjectMetadata')
    throw notAcceptable(`you requested ${representation.as}, but the requested object is a list`);
  const view =
    representation.as === 'Table'
      ? tableFor(info, objects, { includeObject: includeObject(call), now, version: representation.version, metadata: listed.metadata })
      : metadataOnlyList(objects, listed.metadata, representation.version);
  return sendBytes(call, render(call, view, representation), representation);
}

/** Answers with any other document. */
export function sendValue(call: Call, value: object, code = 200): FastifyReply | Promise<FastifyReply> {
  call.reply.code(code);
  const representation = { ...negotiate(call.request.headers.accept), as: 'object' as const };
  return sendBytes(call, render(call, value, representation), { ...representation, contentType: `application/${representation.format}` });
}

export function includeObject({ query }: Call): 'None' | 'Metadata' | 'Object' {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
}

/** The object with `managedFields`, which the parsed form of stored objects leaves out. */
function wholeOf({ bytes }: Encoded): UntypedObject {
  return JSON.parse(bytes.toString()) as UntypedObject;
}

function joinList(store: ObjectStore, { objects, metadata }: ListedObjects): Buffer {
  const { info, conversion, head } = store;
  const open = Buffer.from(
    `{"kind":${JSON.stringify(info.listKind)},"apiVersion":${JSON.stringify(groupVersion(info))},"metadata":${JSON.stringify(metadata)},"items":[`,
  );
  const parts =
    conversion === undefined ? objects.map((cached) => cached.bytes) : objects.map((cached) => conversion.encoded(cached).bytes);
  const whole = isCustomResource(info); // their items have a kind of their own
  const skip = whole ? 1 : conversion === undefined ? head.length : conversion.head.length;
  let size = open.length + 2;
  for (const part of parts) size += part.length - skip + 2;
  const result = Buffer.allocUnsafe(parts.length === 0 ? size : size - 1);
  open.copy(result, 0);
  let at = open.length;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Buffer;
    if (i > 0) result[at++] = 0x2c;
    result[at++] = 0x7b;
    part.copy(result, at, skip);
    at += part.length - skip;
  }
  result[at++] = 0x5d;
  result[at] = 0x7d;
  return result;
}

function sendBytes(call: Call, bytes: Buffer, { contentType }: Representation): FastifyReply | Promise<FastifyReply> {
  const { request, reply } = call;
  reply.header('content-type', contentType);
  reply.header('cache-control', 'no-cache, private');
  if (bytes.length < GZIP_BYTES || !acceptsGzip(request.headers['accept-encoding'])) return reply.send(bytes);
  reply.header('content-encoding', 'gzip').header('vary', 'Accept-Encoding');
  return gzip(bytes, { level: GZIP_LEVEL }).then((compressed) => reply.send(compressed));
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return header !== undefined && /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/.test(String(header));
}

function render(call: Call, value: unknown, { format }: Representation): Buffer {
  if (format === 'yaml') return Buffer.from(stringifyYaml(JSON.parse(JSON.stringify(value))));
  return Buffer.from(isPretty(call) ? `${JSON.stringify(value, undefined, 2)}\n` : JSON.stringify(value));
}

/** People get indented answers. Source: apiserver responsewriters isPrettyPrint. */
function isPretty({ query, request }: Call): boolean {
  const pretty = query.get('pretty');
  if (pretty !== null) return pretty !== '0' && pretty.toLowerCase() !== 'false';
  const agent = request.headers['user-agent'];
  return agent !== undefined && (agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla/5.0'));
}

/** Limits of the warnings of one answer, characters. Source: apiserver warning recorder truncateAtTotalRunes, truncateItemRunes. */
const ALL_WARNINGS = 4096;
const LONG_WARNING = 256;

/** RFC 7234 warnings, as client-go prints them, each once; when there are too many, the first ones, and shortened. */
export function addWarnings(reply: FastifyReply, texts: readonly string[]): void {
  if (texts.length === 0) return;
  const each = [...new Set(texts)];
  const length = each.reduce((sum, text) => sum + text.length, 0);
  let written = 0;
  const headers: string[] = [];
  for (const text of each) {
    if (written >= ALL_WARNINGS) break;
    const shown = length > ALL_WARNINGS ? text.slice(0, LONG_WARNING) : text;
    written += shown.length;
    headers.push(`299 - "${shown.replace(/[^\x20-\x7e\u0080-\u00ff]/g, ' ').replace(/["\\]/g, '\\$&')}"`);
  }
  reply.header('warning', headers);
}
