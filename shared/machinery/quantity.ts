/**
 * Kubernetes resource quantities: `100m`, `1.5`, `1Gi`, `1e3`. Exact: a quantity is a BigInt count of nano-units (10⁻⁹), rounded up,
 * as apimachinery rounds what is finer. Source: apimachinery pkg/api/resource.
 */
interface Parsed {
  nanos: bigint;
  /** How the text was written; canonical output keeps it. */
  format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent';
}

const PATTERN = /^([+-]?)(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]?|[eE][+-]?\d+)$/;
const NANO = 1_000_000_000n;
const BINARY: Record<string, bigint> = { Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n, Pi: 1n << 50n, Ei: 1n << 60n };
/** Suffix → power of ten. */
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const DECIMAL_BY_POWER = new Map(Object.entries(DECIMAL).map(([suffix, power]) => [power, suffix]));
const MAX_NANOS = ((1n << 63n) - 1n) * NANO;
const CACHE_LIMIT = 4096;
const cache = new Map<string, Parsed | undefined>();

function parse(text: string): Parsed | undefined {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const parsed = parseUncached(text);
  if (parsed !== undefined) {
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(text, parsed);
  }
  return parsed;
}

function parseUncached(text: string): Parsed | undefined {
  if (text.length > 64) return undefined;
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = '', suffix = ''] = match;
  const dot = digits.indexOf('.');
  const fraction = dot < 0 ? '' : digits.slice(dot + 1);
  const mantissa = BigInt(dot < 0 ? digits : digits.slice(0, dot) + fraction);
  const binary = BINARY[suffix];
  const exponent = binary === undefined && /^[eE]/.test(suffix) && suffix.length > 1 ? Number(suffix.slice(1)) : undefined;
  if (exponent !== undefined && Math.abs(exponent) > 100) return undefined;
  const power = (binary === undefined ? (exponent ?? DECIMAL[suffix] ?? 0) : 0) - fraction.length + 9;
  const scaled = mantissa * (binary ?? 1n);
  const magnitude = power >= 0 ? scaled * 10n ** BigInt(power) : divideUp(scaled, 10n ** BigInt(-power));
  const capped = magnitude > MAX_NANOS ? MAX_NANOS : magnitude;
  const format = binary !== undefined ? 'BinarySI' : exponent !== undefined ? 'DecimalExponent' : 'DecimalSI';
  return { nanos: sign === '-' ? -capped : capped, format };
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

function must(text: string): Parsed {
  const parsed = parse(text);
  if (parsed === undefined) throw new RangeError(`quantity ${JSON.stringify(text)} must match ${QUANTITY_REGEXP}`);
  return parsed;
}

/** What upstream's message says a quantity must match. */
export const QUANTITY_REGEXP = '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$';

export function isQuantity(text: string): boolean {
  return parse(text) !== undefined;
}

/** Whole units (bytes, pods, cores), rounded up. Throws RangeError on what is no quantity. */
export function quantityValue(text: string): number {
  return Number(ceilDivide(must(text).nanos, NANO));
}

/** Thousandths, rounded up: `1500` for `1.5` cores. */
export function quantityMilli(text: string): number {
  return Number(ceilDivide(must(text).nanos, 1_000_000n));
}

function ceilDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by > 0n ? quotient + 1n : quotient;
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: string, b: string): number {
  const difference = must(a).nanos - must(b).nanos;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The sum, in the format of `a` (of `b` if `a` is zero), canonical. */
export function addQuantities(a: string, b: string): string {
  const [x, y] = [must(a), must(b)];
  return print({ nanos: x.nanos + y.nanos, format: x.nanos === 0n ? y.format : x.format });
}

export function subtractQuantities(a: string, b: string): string {
  const [x, y] = [must(a), must(b)];
  return print({ nanos: x.nanos - y.nanos, format: x.nanos === 0n ? y.format : x.format });
}

/** The canonical form: no fraction, the largest suffix that needs none (`0.5` → `500m`, `1024Mi` → `1Gi`). Throws RangeError. */
export function canonicalQuantity(text: string): string {
  return print(must(text));
}

function print({ nanos, format }: Parsed): string {
  if (nanos === 0n) return '0';
  const sign = nanos < 0n ? '-' : '';
  const magnitude = nanos < 0n ? -nanos : nanos;
  if (format === 'BinarySI' && magnitude % NANO === 0n && magnitude / NANO >= 1024n) return sign + printBinary(magnitude / NANO);
  let mantissa = magnitude;
  let power = -9;
  while (mantissa % 1000n === 0n && power < 18) {
    mantissa /= 1000n;
    power += 3;
  }
  if (format === 'DecimalExponent') return `${sign}${mantissa}${power === 0 ? '' : `e${power}`}`;
  return `${sign}${mantissa}${DECIMAL_BY_POWER.get(power) ?? ''}`;
}

function printBinary(units: bigint): string {
  let suffix = '';
  let mantissa = units;
  for (const [name, size] of Object.entries(BINARY)) {
    if (units % size !== 0n) break;
    suffix = name;
    mantissa = units / size;
  }
  return `${mantissa}${suffix}`;
}
