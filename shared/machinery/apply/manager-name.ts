import type { FieldError } from '../api-error.ts';

/** Bytes of a manager's name. Source: apimachinery validation FieldManagerMaxLength. */
const MAX_LENGTH = 128;
const PLAIN = /^[ -~]{1,128}$/;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Who writes: the name in the request, else the first part of the user agent. Source: apiserver handlers managerOrUserAgent. */
export function managerName(fieldManager: string, userAgent: string): string {
  if (fieldManager !== '') return fieldManager;
  const first = userAgent.split('/', 1)[0] ?? '';
  if (PLAIN.test(first)) return first;
  let name = '';
  let length = 0;
  for (const char of first) {
    if (!PRINTABLE.test(char)) continue;
    length += Buffer.byteLength(char);
    if (length > MAX_LENGTH) break;
    name += char;
  }
  return name;
}

/** What is wrong with a `fieldManager` parameter. Source: apimachinery validation ValidateFieldManager. */
export function checkManagerName(fieldManager: string): FieldError[] {
  const field = 'fieldManager';
  const errors: FieldError[] = [];
  if (Buffer.byteLength(fieldManager) > MAX_LENGTH) {
    errors.push({ type: 'FieldValueTooLong', field, message: `Too long: may not be more than ${MAX_LENGTH} bytes` });
  }
  let position = 0;
  for (const char of fieldManager) {
    if (!PRINTABLE.test(char)) {
      const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      const message = `Invalid value: ${JSON.stringify(fieldManager)}: invalid character U+${code} (at position ${position})`;
      errors.push({ type: 'FieldValueInvalid', field, message });
    }
    position += Buffer.byteLength(char);
  }
  return errors;
}
