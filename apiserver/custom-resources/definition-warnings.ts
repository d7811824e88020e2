import type { Definition } from './conditions.ts';
import { isKnownFormat } from './formats.ts';
import { itemsOf, type JsonSchema, valuesOf } from './json-schema.ts';

/** Formats that a definition names and nobody checks; of an update only those that are new. */
export function definitionWarnings(definition: Definition, old?: Definition): string[] {
  const before = new Set(old === undefined ? [] : formatsOf(old));
  return formatsOf(definition)
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function formatsOf({ spec }: Definition): string[] {
  const found = new Set<string>();
  for (const { schema } of spec.versions ?? []) if (schema?.openAPIV3Schema !== undefined) collect(schema.openAPIV3Schema, found);
  return [...found];
}

function collect(schema: JsonSchema, found: Set<string>): void {
  const { type = '', format = '', properties = {}, allOf = [], anyOf = [], oneOf = [], not } = schema;
  if (format !== '' && !isKnownFormat(type, format)) found.add(format);
  const inner = [itemsOf(schema), valuesOf(schema), not, ...Object.values(properties), ...allOf, ...anyOf, ...oneOf];
  for (const each of inner) if (each !== undefined && each !== null) collect(each, found);
}
