import { type FieldError, quote } from '../../shared/machinery/api-error.ts';

/** Collects the failed rules of one object in the order they are found. Source of the texts: apimachinery field.Error. */
export class ErrorList {
  readonly items: FieldError[] = [];

  required(field: string, detail = ''): void {
    this.items.push({ type: 'FieldValueRequired', field, message: withDetail('Required value', detail) });
  }
  invalid(field: string, value: unknown, detail: string): void {
    this.items.push({ type: 'FieldValueInvalid', field, message: withDetail(`Invalid value: ${shown(value)}`, detail) });
  }
  /** One error for each message. */
  invalidAll(field: string, value: unknown, details: readonly string[]): void {
    for (const detail of details) this.invalid(field, value, detail);
  }
  /** `supported` is shown in the order given. */
  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const list = supported.length === 0 ? '' : `: supported values: ${supported.map(quote).join(', ')}`;
    this.items.push({ type: 'FieldValueNotSupported', field, message: `Unsupported value: ${shown(value)}${list}` });
  }
  forbidden(field: string, detail: string): void {
    this.items.push({ type: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) });
  }
  duplicate(field: string, value: unknown): void {
    this.items.push({ type: 'FieldValueDuplicate', field, message: `Duplicate value: ${shown(value)}` });
  }
  notFound(field: string, value: unknown): void {
    this.items.push({ type: 'FieldValueNotFound', field, message: `Not found: ${shown(value)}` });
  }
  /** More than `limit` bytes. */
  tooLong(field: string, limit: number): void {
    this.items.push({ type: 'FieldValueTooLong', field, message: `Too long: may not be more than ${limit} bytes` });
  }
  tooMany(field: string, actual: number, limit: number): void {
    const items = limit === 1 ? 'item' : 'items';
    this.items.push({ type: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${limit} ${items}` });
  }
  /** A value outside a fixed set; missing counts as a value. */
  oneOf(field: string, value: unknown, supported: readonly string[]): void {
    if (typeof value !== 'string' || !supported.includes(value)) this.notSupported(field, value ?? '', supported);
  }
  nonNegative(field: string, value: unknown): void {
    if (typeof value === 'number' && value < 0) this.invalid(field, value, 'must be greater than or equal to 0');
  }
  positive(field: string, value: unknown): void {
    if (typeof value === 'number' && value <= 0) this.invalid(field, value, 'must be greater than 0');
  }
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}

/** As Go shows a bad value: strings quoted, the rest as JSON. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  return JSON.stringify(value);
}
