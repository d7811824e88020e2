import { quote } from '../../shared/machinery/api-error.ts';
import { MAX_PROBLEMS } from './trail.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

interface Level {
  /** Keys met in an object; undefined in a list. */
  keys: Set<string> | undefined;
  /** The key or index being read. */
  at: string | number;
}

/** Lists the keys that an object in a JSON text has twice, as `duplicate field "spec.foo"`. The text must have been parsed before. */
export function findDuplicateKeys(text: string): string[] {
  const problems: string[] = [];
  const levels: Level[] = [];
  let top: Level | undefined;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(text, i);
        if (top?.keys !== undefined && isKey(text, end + 1)) {
          const raw = text.slice(i + 1, end);
          const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
          top.at = key;
          if (!top.keys.has(key)) top.keys.add(key);
          else if (problems.push(`duplicate field ${quote(pathOf(levels))}`) >= MAX_PROBLEMS) return problems;
        }
        i = end;
        break;
      }
      case 0x7b: // {
        top = { keys: new Set(), at: '' };
        levels.push(top);
        break;
      case 0x5b: // [
        top = { keys: undefined, at: 0 };
        levels.push(top);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        levels.pop();
        top = levels.at(-1);
        break;
      case 0x2c: // ,
        if (top !== undefined && typeof top.at === 'number') top.at++;
        break;
      default:
    }
  }
  return problems;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

function isKey(text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x3a) return true; // :
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return false;
  }
  return false;
}

function pathOf(levels: readonly Level[]): string {
  let path = '';
  for (const { at } of levels) path += typeof at === 'number' ? `[${at}]` : path === '' ? at : `.${at}`;
  return path;
}
