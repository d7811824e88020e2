import type { UntypedObject } from '../../api/meta.ts';
import { compare } from './compare.ts';
import { difference, EMPTY_SET, type FieldSet, union } from './field-set.ts';
import { isRecord, type Shape } from './shape.ts';
import { toFieldSet } from './to-field-set.ts';

/** Where client-side apply keeps what it applied last. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Bytes of all annotations together. Source: apimachinery validation TotalAnnotationSizeLimitB. */
const ANNOTATIONS_LIMIT = 256 * 1024;

/**
 * The fields that client-side apply set and nobody has changed since: server-side apply by the same kubectl may take them over.
 * Source: managedfields lastAppliedManager.
 */
export function fieldsOfLastApplied(shape: Shape, apiVersion: string, live: UntypedObject): FieldSet {
  const config = lastAppliedOf(live);
  if (config === undefined || config['apiVersion'] !== apiVersion) return EMPTY_SET;
  const { added, modified, removed } = compare(shape, config, live);
  return difference(toFieldSet(shape, config), union(union(modified, added), removed));
}

function lastAppliedOf(live: UntypedObject): Readonly<Record<string, unknown>> | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (text === undefined || text === '') return undefined;
  try {
    const config: unknown = JSON.parse(text);
    return isRecord(config) ? config : undefined;
  } catch {
    return undefined; // somebody else's text
  }
}

/**
 * The object with the annotation of client-side apply, if it has one, made to say what was applied now, so that both ways of applying go
 * on together. Source: managedfields lastAppliedUpdater.
 */
export function withLastApplied(object: UntypedObject, config: UntypedObject): UntypedObject {
  if ((object.metadata.annotations?.[LAST_APPLIED] ?? '') === '') return object;
  const { [LAST_APPLIED]: _old, ...others } = object.metadata.annotations ?? {};
  const annotations = { ...others, [LAST_APPLIED]: encodeConfig(config) };
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return { ...object, metadata: { ...object.metadata, annotations: size > ANNOTATIONS_LIMIT ? others : annotations } };
}

function encodeConfig(config: UntypedObject): string {
  const { annotations, ...metadata } = config.metadata ?? {};
  const { [LAST_APPLIED]: _old, ...others } = annotations ?? {};
  const kept = annotations === undefined ? metadata : { ...metadata, annotations: others };
  return `${goJson({ ...config, metadata: kept })}\n`;
}

/** JSON as Go writes it: keys sorted, `<`, `>` and `&` escaped. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
  return text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
