import { crc32 } from 'node:zlib';
import { type Change, type Provenance, type Revision, type RevisionRecord, StorageError, type VersionRef } from './backend.ts';

/** One change as the log keeps it; `revision` is the record's. */
export interface LoggedChange {
  key: string;
  type: 'put' | 'delete';
  /** Of a put: when the key came into being. */
  createRevision: Revision;
  /** The version that was replaced or deleted. */
  previous: VersionRef | undefined;
}

/** The log's record of one revision. `liveKeys`: how many keys exist at it, which shows a damaged index at the next start. */
export interface LogRecord extends Provenance {
  revision: Revision;
  at: number;
  totalBytes: number;
  liveKeys: number;
  changes: LoggedChange[];
}

export interface IndexEntry {
  createRevision: Revision;
  modRevision: Revision;
  leaseId: string | undefined;
}

/** Appends numbers and strings to one buffer that it uses again after `reset`: what `bytes` returned is then overwritten. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(4096);
  #length = 0;

  reset(): this {
    this.#length = CHECKSUM_BYTES; // filled in by `sealed`
    return this;
  }

  /** Little-endian base 128, for integers from 0 to 2^53. */
  number(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  string(text: string): void {
    this.#reserve(text.length * 3 + 8);
    this.number(Buffer.byteLength(text));
    this.#length += this.#buffer.write(text, this.#length);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** All that was written, behind its checksum. */
  sealed(): Buffer {
    const all = this.#buffer.subarray(0, this.#length);
    all.writeUInt32LE(crc32(all.subarray(CHECKSUM_BYTES)), 0);
    return all;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

const CHECKSUM_BYTES = 4;

class ByteReader {
  readonly #bytes: Buffer;
  #at = CHECKSUM_BYTES;

  /** Throws StorageError 'CORRUPT' if the checksum does not fit. `what` names the bytes in the message. */
  constructor(bytes: Buffer, what: string) {
    if (bytes.length < CHECKSUM_BYTES || bytes.readUInt32LE(0) !== crc32(bytes.subarray(CHECKSUM_BYTES))) {
      throw new StorageError('CORRUPT', `read ${what}: its checksum does not match`);
    }
    this.#bytes = bytes;
  }

  number(): number {
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 0x80;
    }
  }

  string(): string {
    const length = this.number();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }
}

/** The bytes are good until `writer` is used again. */
export function encodeValue(writer: ByteWriter, createRevision: Revision, value: Uint8Array): Buffer {
  writer.reset().number(createRevision);
  writer.raw(value);
  return writer.sealed();
}

/** The value shares memory with `stored`. */
export function decodeValue(stored: Buffer, key: string): { createRevision: Revision; value: Buffer } {
  const reader = new ByteReader(stored, `the value of ${JSON.stringify(key)}`);
  return { createRevision: reader.number(), value: reader.rest() };
}

/** The bytes are good until `writer` is used again. */
export function encodeText(writer: ByteWriter, text: string): Buffer {
  writer.reset().string(text);
  return writer.sealed();
}

export function decodeText(stored: Buffer, what: string): string {
  return new ByteReader(stored, what).string();
}

/** The bytes are good until `writer` is used again. The key takes part in the checksum. */
export function encodeIndexEntry(writer: ByteWriter, key: string, entry: IndexEntry): Buffer {
  writer.reset().number(entry.modRevision);
  writer.number(entry.modRevision - entry.createRevision);
  writer.string(entry.leaseId ?? '');
  writer.number(crc32(key));
  return writer.sealed();
}

export function decodeIndexEntry(stored: Buffer, key: string): IndexEntry {
  const reader = new ByteReader(stored, `the index entry of ${JSON.stringify(key)}`);
  const modRevision = reader.number();
  const createRevision = modRevision - reader.number();
  const leaseId = reader.string();
  if (reader.number() !== crc32(key))
    throw new StorageError('CORRUPT', `read the index entry of ${JSON.stringify(key)}: it belongs to another key`);
  return { createRevision, modRevision, leaseId: leaseId === '' ? undefined : leaseId };
}

/** The bytes are good until `writer` is used again. */
export function encodeRecord(writer: ByteWriter, record: Omit<LogRecord, 'changes'>, changes: readonly Change[]): Buffer {
  const { revision } = record;
  writer.reset().number(revision);
  writer.number(record.at);
  writer.number(record.totalBytes);
  writer.number(record.liveKeys);
  writer.string(record.actor.user);
  writer.string(record.actor.component ?? '');
  writer.number(record.cause === undefined ? 0 : record.cause + 1);
  writer.number(changes.length);
  for (const change of changes) {
    const put = change.type === 'put';
    const previous = change.previous;
    writer.number(put ? 1 : 0);
    writer.string(put ? change.entry.key : change.key);
    writer.number(put ? revision - change.entry.createRevision : 0); // differences are short
    writer.number(previous === undefined ? 0 : revision - previous.modRevision);
    if (previous !== undefined) writer.number(previous.modRevision - previous.createRevision);
  }
  return writer.sealed();
}

export function decodeRecord(stored: Buffer, expected: Revision): LogRecord {
  const reader = new ByteReader(stored, `the record of revision ${expected}`);
  const revision = reader.number();
  if (revision !== expected) throw new StorageError('CORRUPT', `read the record of revision ${expected}: it holds revision ${revision}`);
  const at = reader.number();
  const totalBytes = reader.number();
  const liveKeys = reader.number();
  const user = reader.string();
  const component = reader.string();
  const cause = reader.number();
  const changes: LoggedChange[] = [];
  for (let left = reader.number(); left > 0; left--) {
    const type = reader.number() === 1 ? 'put' : 'delete';
    const key = reader.string();
    const createRevision = revision - reader.number();
    const age = reader.number();
    const modRevision = revision - age;
    const previous = age === 0 ? undefined : { modRevision, createRevision: modRevision - reader.number() };
    changes.push({ key, type, createRevision, previous });
  }
  return {
    revision,
    at,
    totalBytes,
    liveKeys,
    actor: component === '' ? { user } : { user, component },
    ...(cause === 0 ? {} : { cause: cause - 1 }),
    changes,
  };
}

/** What callers see of a record. */
export function toRevisionRecord({ liveKeys: _, changes, ...record }: LogRecord): RevisionRecord {
  return { ...record, changes: changes.map(({ key, type }) => ({ key, type })) };
}
