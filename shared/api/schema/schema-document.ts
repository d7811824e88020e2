/** The shape of `kubernetes.json.gz`: Kubernetes' API types as data (fields, list types, merge keys, defaults, protobuf numbers). */
export interface SchemaDocument {
  version: string;
  scalars: Record<string, ScalarSchema>;
  common: { kind: string; type: string }[];
  kinds: KindSchema[];
  /** By OpenAPI name, such as `io.k8s.api.core.v1.Pod`. */
  types: Record<string, TypeSchema>;
  enums: Record<string, string[]>;
}

export interface ScalarSchema {
  type?: string;
  openapi: Record<string, unknown>;
  oneOf?: string[];
  wire?: 'bytes' | 'varint' | 'fixed64';
  message?: Record<string, number>;
  /** What Go writes for the zero value. */
  zero: unknown;
}

/** A kind; with `plural` it is a resource. */
export interface KindSchema {
  group: string;
  version: string;
  kind: string;
  type: string;
  plural?: string;
  namespaced?: boolean;
  shortNames?: string[];
  categories?: string[];
  list?: string;
  verbs?: string[];
  subresources?: Record<string, { verbs: string[]; type?: string }>;
  introduced?: string;
  deprecated?: string;
  removed?: string;
}

export interface TypeSchema {
  /** In Go's order, which is the order of JSON output. */
  fields?: Record<string, FieldSchema>;
  structType?: 'atomic';
  union?: unknown;
  /** JSON is one of several forms; `fields` are then the protobuf parts. */
  codec?: 'schema-or-array' | 'schema-or-strings' | 'schema-or-bool';
  noProto?: boolean;
  embeds?: Record<string, string>;
}

/** Exactly one of `scalar`, `ref`, `array` and `map` (string keys) is set. */
export interface ElementSchema {
  scalar?: ScalarKind;
  ref?: string;
  array?: ElementSchema;
  map?: ElementSchema;
  enum?: string;
}

export type ScalarKind =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'bytes'
  | 'any'
  | 'quantity'
  | 'int-or-string'
  | 'time'
  | 'micro-time'
  | 'duration'
  | 'raw-object'
  | 'fields-v1'
  | 'json';

export interface FieldSchema extends ElementSchema {
  required?: boolean;
  /** Go's JSON writes it even if zero: `implied` if present, else the scalar's zero, else null. */
  always?: boolean;
  ptr?: boolean;
  listType?: 'set' | 'map' | 'atomic';
  keys?: string[];
  mapType?: 'atomic';
  /** `merge`, `replace`, `retainKeys`, or a comma-separated combination. */
  patchStrategy?: string;
  patchMergeKey?: string;
  default?: unknown;
  implied?: unknown;
  proto?: number;
  in?: number;
  wrapped?: boolean;
  oneOf?: string;
  zeroOrOneOf?: string;
  discriminator?: boolean;
  gates?: string[];
  validate?: unknown;
}
