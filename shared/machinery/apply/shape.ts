import { fieldElement, type PathElement } from './path-element.ts';

/**
 * What apply has to know of a type: where values are merged and where they are replaced as a whole. Built-in types get their shape from the
 * schema, custom resources from theirs or, without one, from the values themselves. Source: structured-merge-diff schema.Atom.
 */
export type Shape = ScalarShape | RecordShape | ListShape | AnyShape | DeducedShape;

export interface ScalarShape {
  readonly kind: 'scalar';
  readonly type: 'string' | 'numeric' | 'boolean' | 'untyped';
}

/** A struct, a map, or both. */
export interface RecordShape {
  readonly kind: 'record';
  readonly atomic: boolean;
  /** The named fields. */
  readonly fields: ReadonlyMap<string, FieldShape>;
  /** All other keys; undefined: there are none. */
  readonly rest: Shape | undefined;
}

export interface FieldShape {
  /** How paths name it; undefined: nobody can own it. */
  readonly element: PathElement | undefined;
  readonly shape: Shape;
}

export interface ListShape {
  readonly kind: 'list';
  /** How items are told apart: not at all, by their value, or by `keys`. */
  readonly by: 'none' | 'value' | 'keys';
  /** Sorted. A default stands in for a key that an item leaves out. */
  readonly keys: readonly { readonly name: string; readonly default: unknown }[];
  readonly item: Shape;
}

/** Any JSON, replaced as a whole. */
export interface AnyShape {
  readonly kind: 'any';
}

/** Any JSON: objects are merged key by key, everything else is replaced. */
export interface DeducedShape {
  readonly kind: 'deduced';
}

export const ANY: AnyShape = { kind: 'any' };
export const DEDUCED: DeducedShape = { kind: 'deduced' };

const DEDUCED_MAP: RecordShape = { kind: 'record', atomic: false, fields: new Map(), rest: DEDUCED };

/** The shape of a record or list that is merged part by part; undefined for what is replaced as a whole. */
export function granular(shape: Shape, value: unknown): RecordShape | ListShape | undefined {
  if (shape.kind === 'record') return shape.atomic ? undefined : shape;
  if (shape.kind === 'list') return shape.by === 'none' ? undefined : shape;
  if (shape.kind === 'deduced') return isRecord(value) ? DEDUCED_MAP : undefined;
  return undefined;
}

/** What is below one key of a record; undefined: the type does not know the key. */
export function fieldAt({ fields, rest }: RecordShape, key: string): FieldShape | undefined {
  return fields.get(key) ?? (rest === undefined ? undefined : { element: fieldElement(key), shape: rest });
}

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null, an empty list or an empty object. */
export function isHollow(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}
