import { isIP } from 'node:net';
import { canonicalTime } from '../schema/go-time.ts';
import { cidr, dnsLabel, dnsSubdomain } from '../validation/names.ts';

type Format = (text: string) => boolean;

const matches =
  (pattern: RegExp): Format =>
  (text) =>
    pattern.test(text);
const uuid = (version: string, variant: string): Format =>
  matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i'));

const DURATION = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*$|^[+-]?0$/;
const LONG_DURATION =
  /^\s*-?\d+(?:\.\d+)?\s*(?:ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|wks?)\s*$/;

/**
 * Formats of strings that are checked, by name without dashes; others are no rule. Source: apiextensions-apiserver
 * pkg/apiserver/validation/formats.go, kube-openapi strfmt.
 */
const FORMATS: Readonly<Record<string, Format>> = {
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  byte: (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
  cidr: (text) => cidr(text).length === 0,
  creditcard: (text) =>
    /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/.test(
      text.replace(/\D/g, ''),
    ),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDate(text),
  datetime: isDateTime,
  duration: (text) => DURATION.test(text) || LONG_DURATION.test(text),
  email: matches(/^(?:"[^"\\]*"|[^\s@"<>()[\]:;,\\]+)@[^\s@<>()[\]:;,\\]+$|^[^<>]*<[^\s@<>]+@[^\s@<>]+>$/),
  hexcolor: matches(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  hostname: matches(/^(?=.{1,253}$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?)*\.?$/),
  ipv4: (text) => isIP(text) === 4,
  ipv6: (text) => isIP(text) === 6 && !text.includes('%'),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  k8sshortname: (text) => dnsLabel(text).length === 0,
  k8slongname: (text) => dnsSubdomain(text).length === 0,
  mac: matches(/^(?:[0-9a-fA-F]{2}([:-]))(?:[0-9a-fA-F]{2}\1){4,18}[0-9a-fA-F]{2}$|^(?:[0-9a-fA-F]{4}\.){2,9}[0-9a-fA-F]{4}$/),
  password: () => true,
  rgbcolor: matches(/^rgb\(\s*(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*(?:,\s*(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*){2}\)$/),
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  uri: isRequestUri,
  uuid: uuid('[0-9a-f]', '[0-9a-f]'),
  uuid3: uuid('3', '[0-9a-f]'),
  uuid4: uuid('4', '[89ab]'),
  uuid5: uuid('5', '[89ab]'),
};
const NUMBERS: Readonly<Record<string, readonly string[]>> = { integer: ['int32', 'int64'], number: ['float', 'double'] };

/** The check of a format of strings; undefined: there is none by this name. */
export function stringFormat(name: string): Format | undefined {
  const key = name.replaceAll('-', '');
  return Object.hasOwn(FORMATS, key) ? FORMATS[key] : undefined;
}

/** Whether a format means something for a type; else it is ignored. */
export function isKnownFormat(type: string, format: string): boolean {
  if (type === '' || type === 'string') return stringFormat(format) !== undefined;
  return Object.hasOwn(NUMBERS, type) && NUMBERS[type]?.includes(format) === true;
}

function isDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** RFC 3339, with a space or a small t, too. */
function isDateTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:?\d\d)$/.test(text)) return false;
  if (!isDate(text.slice(0, 10))) return false;
  try {
    canonicalTime(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`);
    return true;
  } catch {
    return false; // not a time of the day
  }
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += (10 - i) * (digits[i] === 'X' ? 10 : Number(digits[i]));
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 13; i++) sum += (i % 2 === 0 ? 1 : 3) * Number(digits[i]);
  return sum % 10 === 0;
}

/** An absolute URI or an absolute path. Source: Go net/url.ParseRequestURI. */
function isRequestUri(text: string): boolean {
  if (text === '' || /[^!-~\u0080-\u{10ffff}]/u.test(text)) return false;
  if (text.startsWith('/')) return !/%(?![0-9a-fA-F]{2})/.test(text);
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && !/%(?![0-9a-fA-F]{2})/.test(text);
}
