import { loadSchema } from '../../../shared/api/schema/load-schema.ts';
import type { ElementSchema, FieldSchema } from '../../../shared/api/schema/schema-document.ts';
import { isRecord, type JsonRecord } from '../record.ts';

type Fill = (object: JsonRecord) => void;
type Visit = (value: unknown) => void;

const compiled = new Map<string, Fill | undefined>();

/** What fills in the defaults that the schema gives for a type and the types inside it; undefined if there are none. */
export function schemaDefaults(typeName: string): Fill | undefined {
  if (compiled.has(typeName)) return compiled.get(typeName);
  compiled.set(typeName, undefined); // a type inside itself: no type with defaults is
  const fills: Fill[] = [];
  for (const [name, field] of Object.entries(loadSchema().types[typeName]?.fields ?? {})) {
    if (changesSomething(field))
      fills.push((object) => {
        if (object[name] === undefined || object[name] === null) object[name] = structuredClone(field.default);
      });
    const visit = visitor(field);
    if (visit !== undefined) fills.push((object) => visit(object[name]));
  }
  const fill: Fill | undefined =
    fills.length === 0
      ? undefined
      : (object) => {
          for (const each of fills) each(object);
        };
  compiled.set(typeName, fill);
  return fill;
}

/** A zero default of a plain Go field changes nothing. */
function changesSomething(field: FieldSchema): boolean {
  if (field.default === undefined) return false;
  return field.ptr === true || (field.default !== '' && field.default !== 0 && field.default !== false);
}

function visitor(element: ElementSchema): Visit | undefined {
  if (element.ref !== undefined) {
    const fill = schemaDefaults(element.ref);
    return fill === undefined ? undefined : (value) => (isRecord(value) ? fill(value) : undefined);
  }
  const inner = element.array ?? element.map;
  const visit = inner === undefined ? undefined : visitor(inner);
  if (visit === undefined) return undefined;
  return (value) => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isRecord(value)) for (const item of Object.values(value)) visit(item);
  };
}
