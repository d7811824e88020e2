/** One term of a `fieldSelector` query. */
export interface FieldRequirement {
  field: string;
  operator: '=' | '!=';
  value: string;
}

export class FieldSelectorError extends Error {
  override readonly name = 'FieldSelectorError';
}

/** Reads `a.b=c,d!=e` with `\\`, `\,` and `\=` escaped in values. Throws FieldSelectorError with upstream's message. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^((?:[^\\=!]|\\.|!(?!=))*?)(!=|==|=)(.*)$/s.exec(term);
      if (match === null) throw new FieldSelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = '', operator, value = ''] = match;
      return { field, operator: operator === '!=' ? '!=' : '=', value: unescapeValue(value, term) };
    });
}

/** `fields` holds every selectable field of an object. */
export function fieldsMatch(requirements: readonly FieldRequirement[], fields: Readonly<Record<string, string>>): boolean {
  return requirements.every(({ field, operator, value }) => ((fields[field] ?? '') === value) === (operator === '='));
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === ',') {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function unescapeValue(value: string, term: string): string {
  let result = '';
  for (let at = 0; at < value.length; at++) {
    const c = value[at] as string;
    if (c !== '\\') {
      if (c === '=' || c === ',') throw new FieldSelectorError(`invalid field selector: ${term}: unescaped character in value: ${c}`);
      result += c;
      continue;
    }
    at++;
    const escaped = value[at];
    if (escaped !== '\\' && escaped !== ',' && escaped !== '=')
      throw new FieldSelectorError(`invalid field selector: invalid escape sequence: \\${escaped ?? ''}`);
    result += escaped;
  }
  return result;
}
