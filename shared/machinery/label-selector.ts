import type { DeepReadonly, LabelSelector } from '../api/meta.ts';

export type Labels = Readonly<Record<string, string>>;
export type Operator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
export interface Requirement {
  key: string;
  operator: Operator;
  values: readonly string[];
}
/** Requirements that must all hold; none: everything matches. */
export type Selector = readonly Requirement[];

/** Thrown on selectors that cannot be read; the message is upstream's. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

export function selectorMatches(selector: Selector, labels: Labels | undefined): boolean {
  for (const requirement of selector) if (!holds(requirement, labels)) return false;
  return true;
}

/** A `metav1.LabelSelector`: undefined matches nothing, an empty one everything. */
export function matchesLabelSelector(selector: DeepReadonly<LabelSelector> | undefined, labels: Labels | undefined): boolean {
  return selector !== undefined && selectorMatches(selectorOf(selector), labels);
}

/** The requirements of a `metav1.LabelSelector`; keep the result when many objects are matched. */
export function selectorOf(selector: DeepReadonly<LabelSelector>): Selector {
  const exact = Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({ key, operator: '=', values: [value] }));
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): Requirement => ({ key, operator: expressionOperator(operator), values: values ?? [] }),
  );
  return [...exact, ...expressions];
}

function expressionOperator(operator: string): Operator {
  switch (operator) {
    case 'In':
      return 'in';
    case 'NotIn':
      return 'notin';
    case 'Exists':
      return 'exists';
    case 'DoesNotExist':
      return '!';
    default:
      throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
  }
}

/** Requires each label to have its value, as a Service's selector does. */
export function selectorFromLabels(labels: Labels): Selector {
  return Object.entries(labels).map(([key, value]) => ({ key, operator: '=', values: [value] }));
}

/** The text of a `labelSelector` query, in upstream's normal form (sorted by key). */
export function formatSelector(selector: Selector): string {
  return [...selector]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(formatRequirement)
    .join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`;
    case 'gt':
      return `${key}>${values[0] ?? ''}`;
    case 'lt':
      return `${key}<${values[0] ?? ''}`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}

/** Source: apimachinery labels.Requirement.Matches: `!=` and `notin` also match where the label is absent. */
function holds({ key, operator, values }: Requirement, labels: Labels | undefined): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
      const [left, right] = [BigInt(value), BigInt(values[0] ?? '0')];
      return operator === 'gt' ? left > right : left < right;
    }
  }
}

const TOKEN = /\s*(?:(!=|==|=|!|>|<|\(|\)|,)|([^\s!=<>(),]+))/y;

/**
 * Reads a `labelSelector` query: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`. Throws SelectorError.
 * Does not check the syntax of keys and values beyond upstream's; `validate` gets each and returns what is wrong.
 */
export function parseSelector(text: string, validate: (requirement: Requirement) => string | undefined = validateRequirement): Selector {
  const tokens = tokenise(text);
  const requirements: Requirement[] = [];
  let at = 0;
  const fail = (expected: string): never => {
    throw new SelectorError(`unable to parse requirement: found '${tokens[at] ?? ''}', expected: ${expected}`);
  };
  const isWord = (token: string | undefined): token is string => token !== undefined && !/^(?:!=|==|[=!><(),])$/.test(token);
  const list = (): string[] => {
    if (tokens[at] !== '(') fail("'('");
    at++;
    const values: string[] = [];
    if (tokens[at] === ')') values.push('');
    while (tokens[at] !== ')') {
      const token = tokens[at];
      if (isWord(token)) {
        values.push(token);
        at++;
        if (tokens[at] === ',') {
          at++;
          if (tokens[at] === ')') values.push('');
        } else if (tokens[at] !== ')') fail("',', ')' or identifier");
      } else if (token === ',') {
        values.push('');
        at++;
      } else fail("',', ')' or identifier");
    }
    at++;
    return values;
  };
  while (at < tokens.length) {
    requirements.push(readRequirement());
    if (at < tokens.length) {
      if (tokens[at] !== ',') fail("',' or 'end of string'");
      at++;
      if (at === tokens.length) throw new SelectorError("found '', expected: identifier after ','");
    }
  }
  for (const requirement of requirements) {
    const problem = validate(requirement);
    if (problem !== undefined) throw new SelectorError(problem);
  }
  return requirements;

  function readRequirement(): Requirement {
    if (tokens[at] === '!') {
      at++;
      const key = tokens[at];
      if (!isWord(key)) return fail('identifier');
      at++;
      return { key, operator: '!', values: [] };
    }
    const key = tokens[at];
    if (!isWord(key)) return fail("!, identifier, or 'end of string'");
    at++;
    const operator = tokens[at];
    if (operator === undefined || operator === ',') return { key, operator: 'exists', values: [] };
    at++;
    if (operator === 'in' || operator === 'notin') return { key, operator, values: list() };
    if (operator === '=' || operator === '==' || operator === '!=' || operator === '>' || operator === '<') {
      const value = tokens[at];
      const values = [isWord(value) ? value : ''];
      if (isWord(value)) at++;
      return { key, operator: operator === '>' ? 'gt' : operator === '<' ? 'lt' : operator, values };
    }
    at--;
    return fail('in, notin, =, ==, !=, gt, lt');
  }
}

function tokenise(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (match === null) throw new SelectorError(`unable to parse requirement: ${JSON.stringify(text)}`);
    tokens.push(match[1] ?? match[2] ?? '');
  }
  return tokens;
}

const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const DOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** Upstream's rules for the keys and values of label selectors; returns what is wrong. */
export function validateRequirement({ key, operator, values }: Requirement): string | undefined {
  const slash = key.indexOf('/');
  const domain = slash < 0 ? undefined : key.slice(0, slash);
  if (!NAME.test(key.slice(slash + 1)) || (domain !== undefined && (domain.length > 253 || !DOMAIN.test(domain))))
    return `key: Invalid value: ${JSON.stringify(key)}: ${NAME_RULE}`;
  for (const value of values) {
    if (value.length > 63) return `values[0][${key}]: Invalid value: ${JSON.stringify(value)}: must be no more than 63 characters`;
    if (value !== '' && !NAME.test(value)) return `values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${VALUE_RULE}`;
  }
  if ((operator === 'gt' || operator === 'lt') && !/^[+-]?\d+$/.test(values[0] ?? ''))
    return `values[0]: Invalid value: ${JSON.stringify(values[0] ?? '')}: for 'Gt', 'Lt' operators, the value must be an integer`;
  return undefined;
}
