import type { DeepReadonly, UntypedObject } from '../../../shared/api/meta.ts';
import { humanDuration } from './human-duration.ts';
import { readJsonPath } from './json-path.ts';
import { AGE, type Column, NAME, type Printer } from './printer.ts';

/** `CustomResourceColumnDefinition` of apiextensions.k8s.io. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  readonly priority?: number | undefined;
  readonly jsonPath: string;
}

const AGE_ONLY: readonly PrinterColumn[] = [
  { name: AGE.name, type: 'date', description: AGE.description, jsonPath: '.metadata.creationTimestamp' },
];

const printers = new WeakMap<readonly PrinterColumn[], Printer>();

/** The printer of a custom resource: its name and the columns of its definition, or its age where there are none. */
export function customPrinter(definitions: readonly PrinterColumn[]): Printer {
  const known = printers.get(definitions);
  if (known !== undefined) return known;
  const shown = definitions.length === 0 ? AGE_ONLY : definitions;
  const columns: Column[] = shown.map(({ name, type, format = '', description, priority = 0, jsonPath }) => {
    const text = description || `Custom resource definition column (in JSONPath format): ${jsonPath}`;
    return { name, type, format, description: text, priority };
  });
  const made: Printer = {
    columns: [NAME, ...columns],
    cells: (object, now) => [object.metadata.name, ...shown.map((definition) => cell(definition, object, now))],
  };
  printers.set(definitions, made);
  return made;
}

/** Source: apiextensions-apiserver tableconvertor. */
function cell({ type, jsonPath }: PrinterColumn, object: DeepReadonly<UntypedObject>, now: number): unknown {
  const [first, ...more] = readJsonPath(jsonPath, object);
  if (first === undefined || first === null) return null;
  switch (type) {
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null;
    case 'number':
      return typeof first === 'number' ? first : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    case 'date': {
      const at = typeof first === 'string' ? Date.parse(first) : Number.NaN;
      return Number.isNaN(at) ? '<invalid>' : humanDuration(now - at);
    }
    default:
      return typeof first === 'string' && more.length === 0 ? first : [first, ...more].map(text).join(' ');
  }
}

function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
