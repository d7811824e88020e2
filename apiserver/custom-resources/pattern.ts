import { type Context, createContext, Script } from 'node:vm';
import { PatternError, translateGoPattern } from './go-pattern.ts';

/** Whether a text matches; false, too, for one that takes too long to say. */
export type PatternTest = (text: string) => boolean;

/** Shorter texts cannot keep even a bad pattern busy. */
const SHORT = 20;
/** From here on even the simplest repetition is worth a limit. */
const LONG = 4096;
/** ms. */
const LIMIT = 50;

const compiled = new Map<string, PatternTest | PatternError>();
/** Most patterns that are kept: they come from definitions, which are few. */
const MAX_COMPILED = 5_000;

/**
 * A `pattern` of a schema as a function; throws PatternError. Patterns come from users, so that whatever could take long runs under a
 * time limit. Not linear in the length of the text, as Go's are: a text that would need more than the limit is refused.
 */
export function compilePattern(pattern: string): PatternTest {
  let found = compiled.get(pattern);
  if (found === undefined) {
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    found = compile(pattern);
    compiled.set(pattern, found);
  }
  if (found instanceof PatternError) throw found;
  return found;
}

function compile(pattern: string): PatternTest | PatternError {
  try {
    const { source, flags, repetitions } = translateGoPattern(pattern);
    const expression = new RegExp(source, `u${flags}`);
    return (text) => {
      const harmless = text.length <= SHORT || (repetitions < 2 && text.length < LONG);
      return harmless ? expression.test(text) : testWithin(expression, text);
    };
  } catch (error) {
    if (error instanceof PatternError) return error;
    if (!(error instanceof SyntaxError)) throw error;
    return new PatternError('invalid syntax', pattern);
  }
}

const SCRIPT = new Script('expression.test(text)');
let context: Context | undefined;

function testWithin(expression: RegExp, text: string): boolean {
  context ??= createContext({});
  context['expression'] = expression;
  context['text'] = text;
  try {
    return SCRIPT.runInContext(context, { timeout: LIMIT }) === true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}
