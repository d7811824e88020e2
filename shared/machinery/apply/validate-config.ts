import { elementOf, UnknownItem } from './list-items.ts';
import { fieldElement, printElement } from './path-element.ts';
import { fieldAt, isRecord, type JsonRecord, type ListShape, type RecordShape, type ScalarShape, type Shape } from './shape.ts';

/**
 * What keeps a configuration from being of its type, in upstream's words; undefined: nothing. Source: structured-merge-diff
 * typed/validate.go, typed/helpers.go.
 */
export function configErrors(shape: Shape, config: unknown): string | undefined {
  const errors: string[] = [];
  visit(shape, config, '', errors);
  if (errors.length <= 1) return errors[0];
  return ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
}

function visit(shape: Shape, value: unknown, path: string, errors: string[]): void {
  if (value === null || value === undefined) return;
  if (shape.kind === 'scalar') checkScalar(shape, value, path, errors);
  else if (shape.kind === 'record') checkRecord(shape, value, path, errors);
  else if (shape.kind === 'list') checkList(shape, value, path, errors);
}

function checkScalar({ type }: ScalarShape, value: unknown, path: string, errors: string[]): void {
  if (type === 'untyped' ? typeof value !== 'object' : typeof value === (type === 'numeric' ? 'number' : type)) return;
  const wanted = { numeric: 'numeric (int or float)', string: 'string', boolean: 'boolean', untyped: 'scalar' }[type];
  errors.push(at(path, `expected ${wanted}, got ${goValue(value)}`));
}

function checkRecord(shape: RecordShape, value: unknown, path: string, errors: string[]): void {
  if (!isRecord(value)) {
    errors.push(at(path, `expected map, got ${goValue(value)}`));
    return;
  }
  for (const key of Object.keys(value)) {
    const below = fieldAt(shape, key)?.shape;
    const there = path + printElement(fieldElement(key));
    if (below === undefined) errors.push(at(there, 'field not declared in schema'));
    else visit(below, value[key], there, errors);
  }
}

function checkList(shape: ListShape, value: unknown, path: string, errors: string[]): void {
  if (!Array.isArray(value)) {
    errors.push(at(path, `expected list, got ${goValue(value)}`));
    return;
  }
  const seen = new Set<string>();
  for (const [i, item] of value.entries()) {
    if (shape.by === 'none') {
      visit(shape.item, item, `${path}[${i}]`, errors);
      continue;
    }
    try {
      const element = elementOf(shape, item);
      if (seen.has(element)) errors.push(at(path, `duplicate entries for key ${printElement(element)}`));
      seen.add(element);
      visit(shape.item, item, path + printElement(element), errors);
    } catch (error) {
      if (!(error instanceof UnknownItem)) throw error;
      errors.push(at(path, `element ${i}: ${error.message}`));
    }
  }
}

const at = (path: string, message: string): string => (path === '' ? message : `${path}: ${message}`);

/** A value as Go's `%v` prints upstream's wrapper around it. */
function goValue(value: unknown): string {
  return `&value.valueUnstructured{Value:${goSyntax(value)}}`;
}

function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (!isRecord(value)) return JSON.stringify(value);
  const entries = Object.entries(value as JsonRecord).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${entries.map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`).join(', ')}}`;
}
