import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from '../validation/error-list.ts';

/** Where a check is in the value, and what it found. Source of rules and texts: kube-openapi pkg/validation. */
export class CheckResult {
  readonly list = new ErrorList();
  /** How much fitted: of several alternatives that fail, the one that fits best is reported. */
  matches = 0;
  readonly #base: string;
  readonly #path: (string | number)[];

  /** `base` is the path of the checked value in the object, '' for the object itself. */
  constructor(base: string, path: (string | number)[] = []) {
    this.#base = base;
    this.#path = path;
  }

  get errors(): FieldError[] {
    return this.list.items;
  }

  enter(part: string | number): void {
    this.#path.push(part);
  }

  leave(): void {
    this.#path.pop();
  }

  /** The name of the value in messages. */
  get name(): string {
    let text = '';
    for (const part of this.#path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
    return text;
  }

  /** The path of the value, or of one of its fields. */
  field(below?: string): string {
    const name = below === undefined ? this.name : this.name === '' ? below : `${this.name}.${below}`;
    if (name === '') return this.whole;
    if (this.#base === '') return name;
    return name.startsWith('[') ? this.#base + name : `${this.#base}.${name}`;
  }

  /** The path of what is checked as a whole; Go prints a path of nothing so. */
  get whole(): string {
    return this.#base === '' ? '<nil>' : this.#base;
  }

  /** A value of the wrong type or format; `found` is what upstream shows of it. */
  typeInvalid(type: string, found: string): void {
    const shown = JSON.stringify(found);
    const message = `Invalid value: ${shown}: ${this.name} in body must be of type ${type}: ${shown}`;
    this.errors.push({ type: 'FieldValueTypeInvalid', field: this.field(), message });
  }

  invalid(value: unknown, detail: string): void {
    this.list.invalid(this.field(), value, `${this.name} in body ${detail}`);
  }

  /** An error that upstream ties to no field. */
  general(detail: string): void {
    this.list.invalid(this.whole, '', detail);
  }

  /** A result of its own at the same place, for one of several alternatives. */
  fork(): CheckResult {
    return new CheckResult(this.#base, this.#path);
  }

  /** Takes over what a fork found. */
  merge({ errors, matches }: CheckResult): void {
    this.matches += matches;
    for (const error of errors) {
      if (!this.errors.some(({ field, message }) => field === error.field && message === error.message)) this.errors.push(error);
    }
  }
}
