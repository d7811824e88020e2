/** Go's texts for times and durations, as the API reads and writes them. Source: Go time.Parse, time.ParseDuration, Duration.String. */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;
const LAYOUT = '2006-01-02T15:04:05Z07:00';
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';
/** What a time's text must look like, piece by piece, to say where a wrong one goes wrong. */
const PIECES: [RegExp, string][] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d\d/, '01'],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d\d/, '15'],
  [/^:/, ':'],
  [/^\d\d/, '04'],
  [/^:/, ':'],
  [/^\d\d/, '05'],
];

export class GoTextError extends Error {}

/** `metav1.Time`: UTC, whole seconds. Throws GoTextError with Go's words. */
export function canonicalTime(text: string): string {
  const parts = parseTime(text, LAYOUT);
  return parts.canonical && text.length === 20 ? text : `${new Date(parts.ms).toISOString().slice(0, 19)}Z`;
}

/** `metav1.MicroTime`: UTC, exactly six decimals, in the input too. */
export function canonicalMicroTime(text: string): string {
  const parts = parseTime(text, MICRO_LAYOUT);
  if (parts.fraction.length !== 6) throw timeError(text, MICRO_LAYOUT, text.slice(19), '.000000');
  return parts.canonical ? text : `${new Date(parts.ms).toISOString().slice(0, 19)}.${parts.fraction}Z`;
}

function parseTime(text: string, layout: string): { ms: number; fraction: string; canonical: boolean } {
  const match = RFC3339.exec(text);
  if (match === null) throw explainTime(text, layout);
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  if (Number(month) < 1 || Number(month) > 12) throw new GoTextError(`parsing time ${JSON.stringify(text)}: month out of range`);
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) {
    throw new GoTextError(`parsing time ${JSON.stringify(text)}: day out of range`);
  }
  if (Number(hour) > 23) throw new GoTextError(`parsing time ${JSON.stringify(text)}: hour out of range`);
  if (Number(minute) > 59) throw new GoTextError(`parsing time ${JSON.stringify(text)}: minute out of range`);
  if (Number(second) > 59) throw new GoTextError(`parsing time ${JSON.stringify(text)}: second out of range`);
  const ms = Date.parse(`${text.slice(0, 19)}${zone}`);
  if (Number.isNaN(ms) || ms < MIN_MS || ms > MAX_MS)
    throw new GoTextError(`parsing time ${JSON.stringify(text)}: time zone offset out of range`);
  return { ms, fraction, canonical: zone === 'Z' };
}
const MIN_MS = Date.parse('0000-01-01T00:00:00Z');
const MAX_MS = Date.parse('9999-12-31T23:59:59Z');

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function explainTime(text: string, layout: string): GoTextError {
  let rest = text;
  for (const [pattern, name] of PIECES) {
    const found = pattern.exec(rest);
    if (found === null) return timeError(text, layout, rest, name);
    rest = rest.slice(found[0].length);
  }
  const zone = /^(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)/.exec(rest);
  if (zone === null) return timeError(text, layout, rest.replace(/^[.,]\d+/, ''), 'Z07:00');
  return new GoTextError(`parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest.slice(zone[0].length))}`);
}

function timeError(text: string, layout: string, rest: string, piece: string): GoTextError {
  return new GoTextError(
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(piece)}`,
  );
}

const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const MAX_DURATION = (1n << 63n) - 1n;

/** `metav1.Duration`, such as `1h0m0s`. Throws GoTextError with Go's words. */
export function canonicalDuration(text: string): string {
  if (text === '0') return '0s';
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match === null) throw durationError(text);
  let nanos = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of (match[2] ?? '').matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = UNITS[unit] ?? 0n;
    nanos += BigInt(whole || '0') * size + (BigInt(fraction || '0') * size) / 10n ** BigInt(fraction.length);
  }
  if (nanos > MAX_DURATION) throw new GoTextError(`time: invalid duration ${JSON.stringify(text)}`);
  return (match[1] === '-' && nanos > 0n ? '-' : '') + durationText(nanos);
}

function durationError(text: string): GoTextError {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text)) return new GoTextError(`time: missing unit in duration ${JSON.stringify(text)}`);
  const unit = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*(?:\d+\.?\d*|\.\d+)([^\d.]+)/.exec(text)?.[1];
  return new GoTextError(
    unit === undefined || UNITS[unit] !== undefined
      ? `time: invalid duration ${JSON.stringify(text)}`
      : `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`,
  );
}

function durationText(nanos: bigint): string {
  if (nanos === 0n) return '0s';
  if (nanos < 1000n) return `${nanos}ns`;
  if (nanos < 1_000_000n) return `${decimal(nanos, 1000n)}µs`;
  if (nanos < 1_000_000_000n) return `${decimal(nanos, 1_000_000n)}ms`;
  const hour = UNITS['h'] ?? 1n;
  const minute = UNITS['m'] ?? 1n;
  const hours = nanos / hour;
  const minutes = (nanos % hour) / minute;
  return `${hours > 0n ? `${hours}h` : ''}${hours > 0n || minutes > 0n ? `${minutes}m` : ''}${decimal(nanos % minute, 1_000_000_000n)}s`;
}

function decimal(value: bigint, unit: bigint): string {
  const rest = value % unit;
  if (rest === 0n) return `${value / unit}`;
  return `${value / unit}.${String(rest)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '')}`;
}
