import { readFile } from 'node:fs/promises';

/** LevelDB's log format. Source: leveldb doc/log_format.md. */
const BLOCK = 32 * 1024;
const HEADER = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

/**
 * Says what is wrong with one of LevelDB's write-ahead logs, undefined when nothing is; LevelDB itself skips damaged records
 * without a word. An unfinished last write is no damage, as a crash leaves one, unless it begins before `durableBytes`: the
 * length that the log is known to have had.
 */
export async function findLogDamage(path: string, durableBytes: number): Promise<string | undefined> {
  const log = await readFile(path);
  if (log.length < durableBytes) return `it has ${log.length} bytes of ${durableBytes}`;
  let at = 0;
  while (at + HEADER <= log.length) {
    const left = BLOCK - (at % BLOCK);
    if (left < HEADER) {
      at += left; // filler
      continue;
    }
    const end = recordEnd(log, at);
    if (end === undefined) return at < durableBytes || writeBeginsAfter(log, at) ? `it is damaged at byte ${at}` : undefined;
    at = end;
  }
  return undefined;
}

/** Where the whole, undamaged record at `at` ends; undefined if there is none. */
function recordEnd(log: Buffer, at: number): number | undefined {
  const type = log.readUInt8(at + 6);
  const end = at + HEADER + log.readUInt16LE(at + 4);
  if (type < FULL || type > LAST || end > log.length || end - at > BLOCK - (at % BLOCK)) return undefined;
  return log.readUInt32LE(at) === maskedChecksum(log, at + 6, end) ? end : undefined;
}

/** Whether a later write was begun: that happens only once the one before it is whole. */
function writeBeginsAfter(log: Buffer, damagedAt: number): boolean {
  for (let at = damagedAt + 1; at + HEADER <= log.length; at++) {
    const type = log.readUInt8(at + 6);
    if ((type === FULL || type === FIRST) && recordEnd(log, at) !== undefined) return true;
  }
  return false;
}

/** CRC-32C of the bytes in [from, to), masked as LevelDB stores it. Source: leveldb util/crc32c.h. */
function maskedChecksum(bytes: Buffer, from: number, to: number): number {
  let crc = -1;
  for (let i = from; i < to; i++) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});
