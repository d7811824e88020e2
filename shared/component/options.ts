/** One option of a component: it gives the flag, the `KUBERNETUS_*` environment variable, `--help`, the type and the docs table. */
export interface OptionSpec {
  type: 'string' | 'number' | 'boolean' | 'list' | 'duration';
  /** `duration` in ms. Without a default the option is required, unless `optional`. */
  default?: string | number | boolean | readonly string[];
  optional?: true;
  help: string;
  unit?: string;
  /** The flag of the Kubernetes component that it is named after, where there is one. */
  upstreamFlag?: string;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S['type'] extends 'string'
  ? string
  : S['type'] extends 'boolean'
    ? boolean
    : S['type'] extends 'list'
      ? string[]
      : number;

/** `{ 'node-name': … }` → `{ nodeName: string }`. */
export type Config<T extends OptionTable> = {
  [K in keyof T as CamelCase<K & string>]: T[K] extends { optional: true } ? ValueOf<T[K]> | undefined : ValueOf<T[K]>;
};

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : S;

/** A wrong command line or environment; the message is one sentence for the user. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

type Value = string | number | boolean | string[];

/**
 * Reads `--name=value`, `--name value`, `--flag` and `--flag=false` from `argv` (without node and script), then `KUBERNETUS_NAME` from `env`,
 * then the defaults. Throws an OptionError on an unknown flag, a bad or missing value.
 */
export function parseOptions<T extends OptionTable>(
  table: T,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config<T> {
  const given = readFlags(table, argv);
  const config: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) {
    const fromEnv = env[envName(name)];
    const flags = given.get(name);
    if (flags !== undefined) config[camelCase(name)] = flags;
    else if (fromEnv !== undefined && fromEnv !== '') config[camelCase(name)] = readValue(spec, fromEnv, envName(name));
    else if (spec.default !== undefined) config[camelCase(name)] = Array.isArray(spec.default) ? [...spec.default] : spec.default;
    else if (spec.optional === true) config[camelCase(name)] = undefined;
    else throw new OptionError(`option --${name} (or ${envName(name)}) is required: ${spec.help}`);
  }
  return config as Config<T>;
}

/** `node-name` → `KUBERNETUS_NODE_NAME`. */
export function envName(option: string): string {
  return `KUBERNETUS_${option.replaceAll('-', '_').toUpperCase()}`;
}

/** `1h30m`, `10s`, `100ms`, `0` → ms. Throws an OptionError otherwise. Source: Go's time.ParseDuration, without ns and µs. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const part = /(\d+(?:\.\d+)?|\.\d+)(ms|h|m|s)/gy;
  let total = 0;
  let end = 0;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    total += Number(match[1]) * (UNITS_MS[match[2] ?? ''] ?? 0);
    end = part.lastIndex;
  }
  if (end === 0 || end !== text.length) throw new OptionError(`duration ${JSON.stringify(text)} must look like 10s, 1m30s or 100ms`);
  return Math.round(total);
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function readFlags(table: OptionTable, argv: readonly string[]): Map<string, Value> {
  const given = new Map<string, Value>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(argument);
    const name = match?.[1];
    if (name === undefined) throw new OptionError(`argument ${JSON.stringify(argument)} is not an option; options start with --`);
    const spec = Object.hasOwn(table, name) ? table[name] : undefined;
    if (spec === undefined)
      throw new OptionError(`unknown option --${name}${suggestion(name, Object.keys(table))}; --help lists all options`);
    let text = match?.[2];
    if (text === undefined) {
      if (spec.type === 'boolean') text = 'true';
      else {
        i++;
        text = argv[i];
        if (text === undefined) throw new OptionError(`option --${name} needs a value`);
      }
    }
    const value = readValue(spec, text, `--${name}`);
    const earlier = given.get(name);
    given.set(name, Array.isArray(value) && Array.isArray(earlier) ? [...earlier, ...value] : value);
  }
  return given;
}

function readValue(spec: OptionSpec, text: string, from: string): Value {
  const wrong = (wanted: string): OptionError => new OptionError(`value ${JSON.stringify(text)} of ${from} must be ${wanted}`);
  switch (spec.type) {
    case 'string':
      return text;
    case 'number': {
      const value = text.trim() === '' ? Number.NaN : Number(text);
      if (!Number.isFinite(value)) throw wrong('a number');
      return value;
    }
    case 'boolean':
      if (text === 'true' || text === '1') return true;
      if (text === 'false' || text === '0') return false;
      throw wrong('true or false');
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'duration':
      try {
        return parseDuration(text);
      } catch {
        throw wrong('a duration such as 10s, 1m30s or 100ms');
      }
  }
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Points to the option that differs least, where that is one typing error away or a prefix. */
function suggestion(name: string, known: readonly string[]): string {
  const near = known.find((other) => other.startsWith(name) || name.startsWith(other) || oneEditApart(name, other));
  return near === undefined ? '' : `, did you mean --${near}`;
}

function oneEditApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let head = 0;
  while (head < a.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  return Math.max(a.length, b.length) - head - tail <= 1;
}
