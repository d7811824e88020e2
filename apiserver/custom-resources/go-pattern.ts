/** What is wrong with a regular expression, as Go's regexp/syntax says it. */
export class PatternError extends Error {
  constructor(code: string, expression: string) {
    super(`error parsing regexp: ${code}${expression === '' ? '' : `: \`${expression}\``}`);
  }
}

/** A regular expression in Go's syntax as one in JavaScript's (flag `u` and `flags`). */
export interface Translated {
  source: string;
  flags: string;
  /** How often it repeats something that may match at many lengths; with two or more, JavaScript's engine can be very slow. */
  repetitions: number;
}

const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z', alpha: 'A-Za-z', ascii: '\\x00-\\x7F', blank: '\\t ', cntrl: '\\x00-\\x1F\\x7F', digit: '0-9', graph: '!-~',
  lower: 'a-z', print: ' -~', punct: '!-\\/:-@\\[-`\\{-~', space: '\\t\\n\\v\\f\\r ', upper: 'A-Z', word: '0-9A-Za-z_', xdigit: '0-9A-Fa-f',
}; // biome-ignore format: one list
const CLASSES: Readonly<Record<string, string>> = { d: '0-9', w: '0-9A-Za-z_', s: '\\t\\n\\f\\r ' };
const CONTROL = 'afnrtv';
/** Source: Go regexp/syntax maxRepeat. */
const MAX_REPEAT = 1000;

/** Throws PatternError. What Go does not know (look-ahead, back references) is refused. */
export function translateGoPattern(pattern: string): Translated {
  return new Translator(pattern).translate();
}

class Translator {
  readonly #text: string;
  #at = 0;
  #out = '';
  #flags = '';
  #repetitions = 0;
  #open = 0;

  constructor(text: string) {
    this.#text = text;
  }

  translate(): Translated {
    const flags = /^\(\?([ims]+)\)/.exec(this.#text);
    if (flags !== null) {
      this.#flags = [...new Set(flags[1])].join('');
      this.#at = flags[0].length;
    }
    while (this.#at < this.#text.length) this.#next();
    if (this.#open > 0) throw new PatternError('missing closing )', this.#text);
    return { source: this.#out, flags: this.#flags, repetitions: this.#repetitions };
  }

  #next(): void {
    const char = this.#text[this.#at] ?? '';
    if (char === '\\') this.#escape(false);
    else if (char === '[') this.#class();
    else if (char === '(') this.#group();
    else if (char === '{') this.#braces();
    else if (char === '}' || char === ']') this.#emit(`\\${char}`);
    else {
      if (char === ')' && --this.#open < 0) throw new PatternError('unexpected )', this.#text);
      if (char === '*' || char === '+') this.#repetitions++;
      this.#emit(char);
    }
  }

  #emit(text: string, length = 1): void {
    this.#out += text;
    this.#at += length;
  }

  #group(): void {
    const rest = this.#text.slice(this.#at);
    const named = /^\(\?P?<([A-Za-z_]\w*)>/.exec(rest);
    this.#open++;
    if (named !== null) this.#emit(`(?<${named[1] ?? ''}>`, named[0].length);
    else if (rest.startsWith('(?:')) this.#emit('(?:', 3);
    else if (rest.startsWith('(?')) throw new PatternError('invalid or unsupported Perl syntax', rest.slice(0, 3));
    else this.#emit('(');
  }

  #braces(): void {
    const repeat = /^\{(\d+)(,(\d*))?\}/.exec(this.#text.slice(this.#at));
    if (repeat === null) return this.#emit('\\{');
    const [whole, least = '', range, most = ''] = repeat;
    const [low, high] = [Number(least), range === undefined ? Number(least) : most === '' ? Number(least) : Number(most)];
    if (low > MAX_REPEAT || high > MAX_REPEAT || high < low) throw new PatternError('invalid repeat count', whole);
    if (range !== undefined) this.#repetitions++;
    this.#emit(whole, whole.length);
  }

  #class(): void {
    const start = this.#at;
    this.#emit('[');
    if (this.#text[this.#at] === '^') this.#emit('^');
    for (let first = true; ; first = false) {
      const char = this.#text[this.#at];
      if (char === undefined) throw new PatternError('missing closing ]', this.#text.slice(start));
      if (char === ']' && !first) return this.#emit(']');
      const posix = /^\[:(\^?)(\w+):\]/.exec(this.#text.slice(this.#at));
      if (posix !== null) this.#posix(posix[2] ?? '', { negated: posix[1] === '^', whole: posix[0] });
      else if (char === '\\') this.#escape(true);
      else this.#emit('[]{}()|/^$.*+?'.includes(char) ? `\\${char}` : char);
    }
  }

  #posix(name: string, { negated, whole }: { negated: boolean; whole: string }): void {
    const ranges = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
    if (ranges === undefined || negated) throw new PatternError('invalid character class range', whole);
    this.#emit(ranges, whole.length);
  }

  #escape(inClass: boolean): void {
    const char = this.#text[this.#at + 1];
    if (char === undefined) throw new PatternError('trailing backslash at end of expression', '');
    const unicode = /^\\([pP])(?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))/.exec(this.#text.slice(this.#at));
    const hex = /^\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.#text.slice(this.#at));
    if (unicode !== null) this.#unicode(unicode);
    else if (hex !== null) this.#emit(`\\u{${hex[1] ?? hex[2] ?? ''}}`, hex[0].length);
    else if (Object.hasOwn(CLASSES, char)) this.#emit(inClass ? (CLASSES[char] ?? '') : `[${CLASSES[char] ?? ''}]`, 2);
    else if (!inClass && 'DWS'.includes(char)) this.#emit(`[^${CLASSES[char.toLowerCase()] ?? ''}]`, 2);
    else if ('DW'.includes(char)) this.#emit(`\\${char}`, 2);
    else if (CONTROL.includes(char)) this.#emit(char === 'a' ? '\\x07' : `\\${char}`, 2);
    else if (!inClass && (char === 'A' || char === 'z')) this.#emit(char === 'A' ? '(?<![^])' : '(?![^])', 2);
    else if (!inClass && (char === 'b' || char === 'B')) this.#emit(`\\${char}`, 2);
    else if (/[A-Za-z0-9]/.test(char)) throw new PatternError('invalid escape sequence', `\\${char}`);
    else this.#emit(/[\^$\\.*+?()[\]{}|/]/.test(char) || (inClass && char === '-') ? `\\${char}` : char, 2);
  }

  #unicode([whole, letter = 'p', negated = '', long, short]: RegExpExecArray): void {
    const name = long ?? short ?? '';
    const kind = negated === '^' ? (letter === 'p' ? 'P' : 'p') : letter;
    this.#emit(name.length <= 2 ? `\\${kind}{${name}}` : `\\${kind}{Script=${name}}`, whole.length);
  }
}
