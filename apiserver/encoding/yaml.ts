import { parseDocument, stringify, type Tags } from 'yaml';
import { badRequest } from '../../shared/machinery/api-error.ts';
import { goKind } from '../../shared/machinery/patch/json-patch.ts';

/**
 * Largest YAML text that is read, bytes; JSON, which is YAML too, may be as large as any body. Reading this much holds the server up for
 * half a second. Deviation: kube-apiserver reads 3 MiB (docs/compatibility.md#encodings).
 */
const MAX_BYTES = 256 * 1024;
/** Most aliases that are followed, and most values that they may expand to. */
const MAX_ALIASES = 100;
const MAX_VALUES = 1_000_000;
const MAX_DEPTH = 1_000;

/**
 * The JSON value of one YAML document as Kubernetes reads it: YAML 1.1 (`yes` is true, `0644` is octal), but without dates, sexagesimal
 * numbers and binary values. Aliases are copied, never shared. Throws 400 for text that is not YAML or expands beyond bounds.
 */
export function parseYaml(text: string): unknown {
  const json = jsonValue(text);
  if (json !== undefined) return json;
  if (Buffer.byteLength(text) > MAX_BYTES) throw badYaml(`document is larger than ${MAX_BYTES} bytes`);
  let value: unknown;
  try {
    const document = parseDocument(text, {
      version: '1.1',
      customTags: withoutSpecialTags,
      uniqueKeys: false,
      logLevel: 'error',
      prettyErrors: true,
    });
    const [error] = document.errors;
    if (error !== undefined) throw badYaml(`line ${error.linePos?.[0].line ?? 1}: ${error.message.split('\n', 1)[0] ?? ''}`);
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw badYaml(error instanceof Error ? error.message : String(error));
  }
  return plain(value, { values: 0 }, 0);
}

/** The value of a text that is JSON, as most clients send it whatever they call it. */
function jsonValue(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // YAML in flow style
  }
}

/** YAML as Kubernetes writes it: keys sorted, lists not indented, lines not folded. */
export function stringifyYaml(value: unknown): string {
  return stringify(value, { version: '1.1', sortMapEntries: true, indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false });
}

function withoutSpecialTags(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === 'string' || (tag.format !== 'TIME' && !SPECIAL_TAGS.has(tag.tag)));
}

const SPECIAL_TAGS = new Set(['timestamp', 'binary', 'omap', 'pairs', 'set'].map((name) => `tag:yaml.org,2002:${name}`));

function plain(value: unknown, budget: { values: number }, depth: number): unknown {
  if (++budget.values > MAX_VALUES) throw badYaml('document contains excessive aliasing');
  if (depth > MAX_DEPTH) throw badYaml('exceeded max depth');
  if (Array.isArray(value)) return value.map((item) => plain(item, budget, depth + 1));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => [key, plain(item, budget, depth + 1)] as const);
    return Object.fromEntries(entries);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw badYaml(`cannot represent ${value} of type ${goKind(value)}`);
  if (typeof value === 'bigint') return Number(value);
  return value === undefined ? null : value;
}

function badYaml(why: string): Error {
  return badRequest(why.startsWith(PREFIX) ? why : `${PREFIX}${why}`);
}

const PREFIX = 'error converting YAML to JSON: yaml: ';
