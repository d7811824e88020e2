import { isRecord, type JsonRecord } from '../schema/record.ts';
import { hasDefault, itemsOf, type JsonSchema, valuesOf } from './json-schema.ts';
import { setField } from './set-field.ts';

/** Returns the value itself where nothing was missing, else a copy that shares all other parts with it. */
export type FillIn = (value: unknown) => unknown;

/**
 * Makes a function that fills in a schema's defaults and drops nulls that may not be there. Undefined: the schema asks for neither.
 * Source: apiextensions-apiserver pkg/apiserver/schema/defaulting (PruneNonNullableNullsWithoutDefaults, then Default).
 */
export function compileDefaults(schema: JsonSchema): FillIn {
  const fields = new Map(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, slotOf(field)]));
  const presets = [...fields].filter(([, slot]) => slot.preset !== undefined);
  const values = valuesOf(schema);
  const ofValue = values === undefined ? undefined : slotOf(values);
  const items = itemsOf(schema);
  const ofItem = items === undefined ? undefined : slotOf(items);
  return (value) => {
    if (Array.isArray(value)) return ofItem === undefined ? value : fillItems(value, ofItem);
    if (!isRecord(value)) return value;
    let copy: JsonRecord | undefined;
    for (const [name, slot] of presets) {
      if (Object.hasOwn(value, name)) continue;
      copy ??= { ...value };
      setField(copy, name, slot.fill(slot.preset?.()));
    }
    for (const name of Object.keys(value)) {
      const slot = fields.get(name) ?? ofValue;
      if (slot === undefined) continue;
      const inner = value[name];
      if (inner === null && !slot.nullable && slot.preset === undefined) {
        copy ??= { ...value };
        delete copy[name];
        continue;
      }
      const filled = slot.fill(inner === null && !slot.nullable ? slot.preset?.() : inner);
      if (filled === inner) continue;
      copy ??= { ...value };
      setField(copy, name, filled);
    }
    return copy ?? value;
  };
}

interface Slot {
  nullable: boolean;
  /** A new copy of the default. */
  preset: (() => unknown) | undefined;
  fill: FillIn;
}

function slotOf(schema: JsonSchema): Slot {
  const preset = hasDefault(schema) ? (): unknown => structuredClone(schema.default) : undefined;
  return { nullable: schema.nullable === true, preset, fill: compileDefaults(schema) };
}

function fillItems(value: unknown[], slot: Slot): unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < value.length; i++) {
    const inner: unknown = value[i];
    const filled = slot.fill(inner === null && !slot.nullable ? (slot.preset?.() ?? null) : inner);
    if (filled === inner) continue;
    copy ??= [...value];
    copy[i] = filled;
  }
  return copy ?? value;
}
