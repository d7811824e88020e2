import type { ScalarKind } from '../../shared/api/schema/schema-document.ts';
import { canonicalQuantity, isQuantity, QUANTITY_REGEXP } from '../../shared/machinery/quantity.ts';
import { canonicalDuration, canonicalMicroTime, canonicalTime, GoTextError } from './go-time.ts';
import { DecodeError, type Trail } from './trail.ts';

/** Reads one JSON value (never null or undefined); throws DecodeError. */
export type Decode = (value: unknown, trail: Trail) => unknown;

/** Decoders of the scalar kinds: check the type, return the canonical form. Raw JSON is handed on as it is, not copied. */
export const SCALAR_DECODERS: Readonly<Record<ScalarKind, Decode>> = {
  string: decodeString,
  bool: (value, trail) => {
    if (typeof value !== 'boolean') throw trail.mismatch(value, 'bool');
    return value;
  },
  int32: (value, trail) => {
    if (typeof value !== 'number' || (value | 0) !== value) throw trail.mismatch(value, 'int32');
    return value;
  },
  int64: (value, trail) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value >= 2 ** 63 || value < -(2 ** 63))
      throw trail.mismatch(value, 'int64');
    return value;
  },
  float64: (value, trail) => {
    if (typeof value !== 'number') throw trail.mismatch(value, 'float64');
    return value;
  },
  bytes: decodeBytes,
  quantity: decodeQuantity,
  'int-or-string': (value, trail) => {
    if (typeof value === 'string') return value;
    if (typeof value !== 'number' || (value | 0) !== value) throw trail.mismatch(value, 'int32');
    return value;
  },
  time: (value, trail) => goText(decodeString(value, trail), canonicalTime),
  'micro-time': (value, trail) => goText(decodeString(value, trail), canonicalMicroTime),
  duration: (value, trail) => goText(decodeString(value, trail), canonicalDuration),
  any: (value) => value,
  json: (value) => value,
  'raw-object': (value, trail) => {
    if (typeof value !== 'object') throw trail.mismatch(value, 'runtime.RawExtension');
    return value;
  },
  'fields-v1': (value, trail) => {
    if (typeof value !== 'object') throw trail.mismatch(value, 'v1.FieldsV1');
    return value;
  },
};

function decodeString(value: unknown, trail: Trail): string {
  if (typeof value !== 'string') throw trail.mismatch(value, 'string');
  return value;
}

function goText(text: string, canonical: (text: string) => string): string {
  try {
    return canonical(text);
  } catch (error) {
    throw error instanceof GoTextError ? new DecodeError(error.message) : error;
  }
}

function decodeQuantity(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') throw new DecodeError(`quantities must match the regular expression '${QUANTITY_REGEXP}'`);
  const trimmed = text.trim();
  if (!isQuantity(trimmed)) throw new DecodeError(quantityProblem(trimmed));
  return canonicalQuantity(trimmed);
}

function quantityProblem(text: string): string {
  if (text !== '' && /^[+-]?[0-9.]+[eEinumkKMGTP]+[-+]?[0-9]*$/.test(text)) return "unable to parse quantity's suffix";
  return `quantities must match the regular expression '${QUANTITY_REGEXP}'`;
}

/** Go reads standard base64 with padding and skips line ends; written without them. */
function decodeBytes(value: unknown, trail: Trail): string {
  if (typeof value !== 'string') throw trail.mismatch(value, '[]uint8');
  const canonical = Buffer.from(value, 'base64').toString('base64');
  if (canonical === value) return value;
  const bad = value.search(/[^A-Za-z0-9+/=\r\n]/);
  const plain = value.replace(/[\r\n]/g, '');
  const padding = plain.indexOf('=');
  if (bad >= 0) throw new DecodeError(`illegal base64 data at input byte ${bad}`);
  if (plain.length % 4 !== 0) throw new DecodeError(`illegal base64 data at input byte ${plain.length - (plain.length % 4)}`);
  if (padding >= 0 && !/^={1,2}$/.test(plain.slice(padding))) throw new DecodeError(`illegal base64 data at input byte ${padding}`);
  return Buffer.from(plain, 'base64').toString('base64');
}
