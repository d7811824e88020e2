import { isIP } from 'node:net';

/** Rules for names. Each returns what is wrong, in upstream's words. Source: apimachinery util/validation, api/validation. */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const HEADER_NAME = '[-A-Za-z0-9]+';
const PERCENT = '[0-9]+%';
const ENV_NAME = '[ -<>-~]+';

const SUBDOMAIN_RULE = rule(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  ['example.com'],
);
const LABEL_RULE = rule(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  ['my-name', '123-abc'],
);
const LABEL_1035_RULE = rule(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  LABEL_1035,
  ['my-name', 'abc-123'],
);
const QUALIFIED_RULE = rule(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED,
  ['MyName', 'my.name', '123-abc'],
);
const LABEL_VALUE_RULE = rule(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  LABEL_VALUE,
  ['MyValue', 'my_value', '12345'],
);
const WILDCARD_RULE = rule(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  `\\*\\.${SUBDOMAIN}`,
  ['*.example.com'],
);
const CONFIG_KEY_RULE = rule("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", CONFIG_KEY, [
  'key.name',
  'KEY_NAME',
  'key-name',
]);
const HEADER_RULE = rule("a valid HTTP header must consist of alphanumeric characters or '-'", HEADER_NAME, ['X-Header-Name']);
const PERCENT_RULE = rule("a valid percent string must consist of a numeric string followed by an ending '%'", PERCENT, ['1%', '93%']);
const ENV_RULE = rule("a valid environment variable name must consist only of printable ASCII characters other than '='", ENV_NAME, [
  'my-name',
  'MY.NAME',
  'MyName',
]);

/** A rule's text with examples, spaced as Go's helper spaces it. */
function rule(text: string, pattern: string, examples: readonly string[]): string {
  return `${text} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`;
}

const subdomainPattern = new RegExp(`^${SUBDOMAIN}$`);
const labelPattern = new RegExp(`^${LABEL}$`);
const label1035Pattern = new RegExp(`^${LABEL_1035}$`);
const qualifiedPattern = new RegExp(`^${QUALIFIED}$`);
const wildcardPattern = new RegExp(`^\\*\\.${SUBDOMAIN}$`);
const configKeyPattern = new RegExp(`^${CONFIG_KEY}$`);
const headerPattern = new RegExp(`^${HEADER_NAME}$`);
const envPattern = new RegExp(`^${ENV_NAME}$`);

export const maxLength = (limit: number): string => `must be no more than ${limit} characters`;
export const BETWEEN_PORTS = 'must be between 1 and 65535, inclusive';
export const FIELD_IMMUTABLE = 'field is immutable';

function check(value: string, limit: number, pattern: RegExp, text: string): string[] {
  const long = Buffer.byteLength(value) > limit;
  return [...(long ? [maxLength(limit)] : []), ...(pattern.test(value.slice(0, 4096)) ? [] : [text])];
}

export const dnsSubdomain = (value: string): string[] => check(value, 253, subdomainPattern, SUBDOMAIN_RULE);
export const dnsLabel = (value: string): string[] => check(value, 63, labelPattern, LABEL_RULE);
export const dns1035Label = (value: string): string[] => check(value, 63, label1035Pattern, LABEL_1035_RULE);
export const wildcardSubdomain = (value: string): string[] => check(value, 253, wildcardPattern, WILDCARD_RULE);
export const envName = (value: string): string[] => (envPattern.test(value) ? [] : [ENV_RULE]);
export const headerName = (value: string): string[] => (headerPattern.test(value) ? [] : [HEADER_RULE]);
export const percent = (value: string): string[] => (/^[0-9]+%$/.test(value) ? [] : [PERCENT_RULE]);
export const port = (value: number): string[] => (value >= 1 && value <= 65_535 ? [] : [BETWEEN_PORTS]);

/** `name` or `domain/name`, as the keys of labels are. */
export function qualifiedName(value: string): string[] {
  const parts = value.split('/');
  const problems: string[] = [];
  if (parts.length > 2) {
    return [`a qualified name ${QUALIFIED_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1) ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') problems.push('prefix part must be non-empty');
    else problems.push(...dnsSubdomain(prefix).map((text) => `prefix part ${text}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${maxLength(63)}`);
  if (!qualifiedPattern.test(name.slice(0, 4096))) problems.push(`name part ${QUALIFIED_RULE}`);
  return problems;
}

export function labelValue(value: string): string[] {
  const long = value.length > 63 ? [maxLength(63)] : [];
  return value === '' || qualifiedPattern.test(value.slice(0, 4096)) ? long : [...long, LABEL_VALUE_RULE];
}

/** A key of a ConfigMap or Secret; it may become a file's name. */
export function configKey(value: string): string[] {
  const long = value.length > 253 ? [maxLength(253)] : [];
  if (!configKeyPattern.test(value)) return [...long, CONFIG_KEY_RULE];
  if (value === '.') return [...long, "must not be '.'"];
  if (value === '..') return [...long, "must not be '..'"];
  return value.startsWith('..') ? [...long, "must not start with '..'"] : long;
}

export function portName(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push(maxLength(15));
  if (!/^[-a-z0-9]+$/.test(value)) problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

export function ipAddress(value: string): string[] {
  return isIP(value) === 0 || value.includes('%') ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : [];
}

export function cidr(value: string): string[] {
  const [address = '', bits = '', ...rest] = value.split('/');
  const size = isIP(address) === 4 ? 32 : 128;
  const ok = rest.length === 0 && ipAddress(address).length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= size;
  return ok ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
}

/** What may stand in a path: for names that are no DNS names (RBAC). */
export function pathSegment(value: string, prefix = false): string[] {
  if (!prefix && value === '.') return ["may not be '.'"];
  if (!prefix && value === '..') return ["may not be '..'"];
  return ['/', '%'].filter((char) => value.includes(char)).map((char) => `may not contain '${char}'`);
}

/** The beginning of a generated name may end with a dash. */
function masked(name: string, prefix: boolean): string {
  return prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}
export const subdomainName = (name: string, prefix: boolean): string[] => dnsSubdomain(masked(name, prefix));
export const labelName = (name: string, prefix: boolean): string[] => dnsLabel(masked(name, prefix));
export const dns1035Name = (name: string, prefix: boolean): string[] => dns1035Label(masked(name, prefix));
