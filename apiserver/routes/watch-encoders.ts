import type { ObjectMeta } from '../../shared/api/meta.ts';
import { groupVersion } from '../../shared/api/scheme.ts';
import { notAcceptable } from '../../shared/machinery/api-error.ts';
import { metadataOnly } from '../encoding/metadata-only.ts';
import { negotiate, type Representation } from '../encoding/negotiate.ts';
import { watchTableFor } from '../encoding/table.ts';
import type { ObjectStore } from '../registry/object-store.ts';
import type { EventEncoder, EventType } from '../storage/watch-cache-events.ts';
import { type CachedObject, withOwners } from '../storage/watch-cache-object.ts';
import type { Call } from './call.ts';
import { includeObject } from './send-object.ts';

/** How the events of one watch are written, bookmarks included. */
export interface WatchEncoder extends EventEncoder {
  readonly contentType: string;
  bookmark(revision: number, annotations?: Record<string, string>): Buffer;
}

const END = Buffer.from('}\n');
const HEADS: Readonly<Record<EventType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};

/** The encoder for what the client accepts. Throws 406: YAML has no stream. */
export function watchEncoder(call: Call, store: ObjectStore, now: () => number): WatchEncoder {
  const representation = negotiate(call.request.headers.accept);
  if (representation.format !== 'json') {
    throw notAcceptable(
      'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    );
  }
  if (representation.as === 'Table') return tableEncoder(call, store, representation, now);
  if (representation.as === 'object') return objectEncoder(store);
  return {
    id: `metadata ${representation.version}`,
    contentType: representation.contentType,
    encode: (type, object) => line(type, metadataOnly(withOwners(store.read(object), object.managedFields), representation.version)),
    bookmark: (revision, annotations) =>
      line('BOOKMARK', metadataOnly({ metadata: bookmarkMeta(revision, annotations) }, representation.version)),
  };
}

function objectEncoder(store: ObjectStore): WatchEncoder {
  const { info, conversion } = store;
  return {
    id: conversion === undefined ? '' : info.id,
    contentType: 'application/json',
    encode: (type, object) => Buffer.concat([HEADS[type], conversion === undefined ? object.bytes : conversion.encoded(object).bytes, END]),
    bookmark: (revision, annotations) =>
      line('BOOKMARK', { kind: info.kind, apiVersion: groupVersion(info), metadata: bookmarkMeta(revision, annotations) }),
  };
}

let tables = 0;

/** The first event of a watch names the columns, so the lines of a table cannot be shared. */
function tableEncoder(call: Call, store: ObjectStore, { version, contentType }: Representation, now: () => number): WatchEncoder {
  const include = includeObject(call);
  let first = true;
  return {
    id: `table ${tables++}`,
    contentType,
    encode: (type: EventType, object: CachedObject) => {
      const table = watchTableFor(store.info, store.read(object), { includeObject: include, now: now(), version, first });
      first = false;
      return line(type, table);
    },
    bookmark: (revision, annotations) =>
      line('BOOKMARK', {
        kind: 'Table',
        apiVersion: `meta.k8s.io/${version}`,
        metadata: bookmarkMeta(revision, annotations),
        columnDefinitions: null,
        rows: [],
      }),
  };
}

function bookmarkMeta(revision: number, annotations: Record<string, string> | undefined): ObjectMeta {
  return { resourceVersion: String(revision), ...(annotations && { annotations }) } as unknown as ObjectMeta;
}

function line(type: string, object: unknown): Buffer {
  return Buffer.from(`{"type":"${type}","object":${JSON.stringify(object)}}\n`);
}
