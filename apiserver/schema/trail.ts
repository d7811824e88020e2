import { quote } from '../../shared/machinery/api-error.ts';

/** Unknown and duplicate fields that are named at most. Source: sigs.k8s.io/json (100 strict errors). */
export const MAX_PROBLEMS = 100;

/** Where decoding is in the object; written on the way down without building strings, read only when something is wrong. */
export class Trail {
  readonly problems: string[] = [];
  /** Go's name of the struct, the field being read, and the list index or map key in it, by depth. */
  readonly structs: string[] = [];
  readonly fields: string[] = [];
  readonly items: (number | string | undefined)[] = [];
  depth = -1;

  /** Go's error for a value of the wrong type. */
  mismatch(value: unknown, goType: string): DecodeError {
    const what = typeof value === 'number' && isGoNumber(goType) ? `number ${value}` : jsonKind(value);
    if (this.depth < 0) return new DecodeError(`json: cannot unmarshal ${what} into Go value of type ${goType}`);
    const field = `${this.structs[this.depth] ?? ''}.${this.fields.slice(0, this.depth + 1).join('.')}`;
    return new DecodeError(`json: cannot unmarshal ${what} into Go struct field ${field} of type ${goType}`);
  }

  unknownField(name: string): void {
    if (this.problems.length >= MAX_PROBLEMS) return;
    const parent = this.#path();
    this.problems.push(`unknown field ${quote(parent === '' ? name : `${parent}.${name}`)}`);
  }

  /** The path to the struct being read (not to its field). */
  #path(): string {
    let path = '';
    for (let i = 0; i < this.depth; i++) {
      const item = this.items[i];
      path += (i === 0 ? '' : '.') + (this.fields[i] ?? '');
      if (item !== undefined) path += typeof item === 'number' ? `[${item}]` : `.${item}`;
    }
    return path;
  }
}

/** What is wrong with a body, in Go's words; becomes a 400 with the kind in front. */
export class DecodeError extends Error {}

function isGoNumber(goType: string): boolean {
  return goType === 'int32' || goType === 'int64' || goType === 'float64';
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}
