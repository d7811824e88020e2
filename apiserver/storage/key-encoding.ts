import type { KeyRange, Revision } from './backend.ts';

/** Digits of an encoded revision: 32^11 > 2^53. */
const WIDTH = 11;

/** A revision as text that sorts as the number does, byte by byte. */
export function encodeRevision(revision: Revision): string {
  return revision.toString(32).padStart(WIDTH, '0');
}

export function decodeRevision(text: string): Revision {
  return Number.parseInt(text, 32);
}

/**
 * Where things are in the database. NUL ends a key, so that all versions of `a` come before those of `a/b`.
 *   i/<key>                    newest version of a live key: revisions, lease (index-entry in record-codec.ts)
 *   k/<key> NUL <revision>     one version's value; a deletion has `~` behind the revision and no value
 *   m/<name>                   format, clusterId, compacted
 *   r/<revision>               revision record
 */
export const INDEX = 'i/';
export const RECORDS = 'r/';
/** Ends each of the above: `0` follows `/`. */
export const INDEX_END = 'i0';
export const RECORDS_END = 'r0';
export const META_FORMAT = 'm/format';
export const META_CLUSTER_ID = 'm/clusterId';
export const META_COMPACTED = 'm/compacted';

export function indexKey(key: string): string {
  return INDEX + key;
}

export function recordKey(revision: Revision): string {
  return RECORDS + encodeRevision(revision);
}

export function versionKey(key: string, revision: Revision): string {
  return `k/${key}\0${encodeRevision(revision)}`;
}

export function tombstoneKey(key: string, revision: Revision): string {
  return `${versionKey(key, revision)}~`;
}

/** The inverse of `versionKey` and `tombstoneKey`. */
export function parseVersionKey(stored: string): { key: string; revision: Revision; deleted: boolean } {
  const nul = stored.lastIndexOf('\0');
  const end = nul + 1 + WIDTH;
  return { key: stored.slice(2, nul), revision: decodeRevision(stored.slice(nul + 1, end)), deleted: stored.length > end };
}

/** Database bounds that hold all versions of the keys in `range`. */
export function versionBounds({ start, end }: KeyRange): { gte: string; lt: string } {
  return { gte: versionsFrom(start), lt: end === undefined ? `k/${start}\x01` : versionsFrom(end) };
}

/** Where the versions of the first key at or behind `bound` begin. A bound that ends with NUL is just behind a key: behind all its versions. */
function versionsFrom(bound: string): string {
  return bound.endsWith('\0') ? `k/${bound.slice(0, -1)}\x01` : `k/${bound}`;
}

/** Database bounds that hold the index entries of the keys in `range`. */
export function indexBounds(range: KeyRange): { gte: string; lt: string } {
  return { gte: INDEX + range.start, lt: INDEX + (range.end ?? `${range.start}\0`) };
}

export function inRange(range: KeyRange, key: string): boolean {
  if (range.end === undefined) return key === range.start;
  return compareKeys(key, range.start) >= 0 && compareKeys(key, range.end) < 0;
}

/** Order of the UTF-8 bytes. It differs from JavaScript's `<` only where one string has a surrogate and the other U+E000 or above. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates behind the other code units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The end of the range of all keys that start with `prefix` (ASCII's last character must not end it). */
export function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

const NOT_A_KEY = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Throws RangeError for what could not be found again: empty, with NUL, or not expressible in UTF-8. */
export function assertKey(key: string): void {
  if (key === '' || NOT_A_KEY.test(key))
    throw new RangeError(`key ${JSON.stringify(key)} must be a non-empty, well-formed string without NUL`);
}
