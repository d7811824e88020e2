import type { ObjectMeta, UntypedObject } from '../../shared/api/meta.ts';
import { arrayEnd } from './array-end.ts';
import type { Revision } from './backend.ts';

const UID = Buffer.from('"uid":"');
/** Only a field of the metadata can look like this: texts have their quotes escaped, and labels are no lists. */
const MANAGED_FIELDS = Buffer.from('"managedFields":[');

/**
 * One object as of one revision: the bytes that GET sends, and the parsed form, made when first asked for. Shared by all readers:
 * neither may be changed. The parsed form comes without `managedFields`, which only writes need and which can be most of it. Stored values carry no resourceVersion; it is spliced in behind the uid, where upstream writes it.
 */
export class CachedObject {
  readonly key: string;
  /** '' for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly revision: Revision;
  readonly bytes: Buffer;
  readonly #at: number;
  readonly #length: number;
  #object: UntypedObject | undefined;

  constructor(entry: { key: string; prefixLength: number; value: Uint8Array; revision: Revision; object?: UntypedObject }) {
    const { key, prefixLength, value, revision, object } = entry;
    const slash = key.indexOf('/', prefixLength);
    this.key = key;
    this.namespace = slash < 0 ? '' : key.slice(prefixLength, slash);
    this.name = key.slice(slash < 0 ? prefixLength : slash + 1);
    this.revision = revision;
    const { bytes, at, length } = splice(value, revision);
    this.bytes = bytes;
    this.#at = at;
    this.#length = length;
    this.#object = object;
  }

  get object(): UntypedObject {
    this.#object ??= withoutOwners(JSON.parse(this.bytes.toString()) as UntypedObject);
    return this.#object;
  }

  /** Read from the bytes at each call; undefined: nobody owns anything. */
  get managedFields(): ObjectMeta['managedFields'] {
    const found = this.bytes.indexOf(MANAGED_FIELDS);
    if (found < 0) return undefined;
    const start = found + MANAGED_FIELDS.length - 1;
    return JSON.parse(this.bytes.toString('utf8', start, arrayEnd(this.bytes, start))) as ObjectMeta['managedFields'];
  }

  /** A new object with all fields, `managedFields` too; it shares parts with `object`. */
  get whole(): UntypedObject {
    return withOwners(this.object, this.managedFields);
  }

  /** Whether this is the stored form of the object. */
  hasValue(value: Uint8Array): boolean {
    const { bytes } = this;
    const end = this.#at + this.#length;
    if (value.length !== bytes.length - this.#length) return false;
    return bytes.compare(value, 0, this.#at, 0, this.#at) === 0 && bytes.compare(value, this.#at, value.length, end, bytes.length) === 0;
  }

  /** The same object with another resourceVersion, as events about its removal carry it. */
  at(revision: Revision): CachedObject {
    const value = Buffer.concat([this.bytes.subarray(0, this.#at), this.bytes.subarray(this.#at + this.#length)]);
    return new CachedObject({ key: this.key, prefixLength: this.key.length - this.#path().length, value, revision });
  }

  #path(): string {
    return this.namespace === '' ? this.name : `${this.namespace}/${this.name}`;
  }
}

/** The object with these owners; shares everything else. */
export function withOwners(object: UntypedObject, managedFields: ObjectMeta['managedFields']): UntypedObject {
  return managedFields === undefined ? object : { ...object, metadata: { ...object.metadata, managedFields } };
}

function withoutOwners(object: UntypedObject): UntypedObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _owners, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Puts `"resourceVersion"` behind the object's own uid, the first in the text: only names can stand before it. */
function splice(value: Uint8Array, revision: Revision): { bytes: Buffer; at: number; length: number } {
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.length);
  const found = buffer.indexOf(UID);
  const at = found < 0 ? -1 : buffer.indexOf(0x22, found + UID.length) + 1;
  if (at <= 0) return rewrite(buffer, revision);
  const text = `,"resourceVersion":"${revision}"`;
  const bytes = Buffer.allocUnsafe(buffer.length + text.length);
  buffer.copy(bytes, 0, 0, at);
  bytes.write(text, at, 'latin1');
  buffer.copy(bytes, at + text.length, at);
  return { bytes, at, length: text.length };
}

/** For a value that somebody else wrote without a uid. */
function rewrite(value: Buffer, revision: Revision): { bytes: Buffer; at: number; length: number } {
  const object = JSON.parse(value.toString()) as UntypedObject;
  const { kind, apiVersion, metadata, ...rest } = object;
  const bytes = Buffer.from(JSON.stringify({ kind, apiVersion, metadata: { ...metadata, resourceVersion: String(revision) }, ...rest }));
  return { bytes, at: 0, length: 0 };
}
