import type { UntypedObject } from '../../shared/api/meta.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';

export interface StrategyContext {
  /** ms since the epoch. */
  now: number;
  /** '' for cluster-scoped objects. */
  namespace: string;
  user: { name: string; groups: readonly string[] };
}

/**
 * What one kind adds to the generic registry. `prepare…` may change only the object handed in, which is the request's own copy: decoded,
 * pruned and defaulted, keys in schema order; `old` comes from the cache and must not be changed. `validate…` changes nothing.
 * The registry itself does what all kinds share: metadata (name, generateName, uid, generation, creationTimestamp, resourceVersion,
 * finalizers, deletionTimestamp), `validateObjectMeta`, conflicts, dry run.
 */
export interface Strategy {
  /** Clears what a creator may not set (status), sets what depends on others than the schema. */
  prepareForCreate?(object: UntypedObject, context: StrategyContext): void;
  validate?(object: UntypedObject, context: StrategyContext): FieldError[];
  /** Takes back what an ordinary update may not touch (status). The registry raises `generation` by `countsAsChange`. */
  prepareForUpdate?(object: UntypedObject, old: UntypedObject, context: StrategyContext): void;
  validateUpdate?(object: UntypedObject, old: UntypedObject, context: StrategyContext): FieldError[];
  /** For `status`: by default everything but `status` (and metadata that a status write may carry) is taken from `old`. */
  prepareForStatusUpdate?(object: UntypedObject, old: UntypedObject, context: StrategyContext): void;
  validateStatusUpdate?(object: UntypedObject, old: UntypedObject, context: StrategyContext): FieldError[];
  /** Texts for `Warning:` headers. */
  warnings?(object: UntypedObject, old?: UntypedObject): string[];
  /** The format of `metadata.name`; by default a DNS-1123 subdomain. Returns the messages of what is wrong. */
  validateName?(name: string, prefix: boolean): string[];
  /** PUT of a name that does not exist creates it (Lease, Endpoints, … as upstream). Default false. */
  allowCreateOnUpdate?: boolean;
  /** An update without resourceVersion overwrites. Default true. */
  allowUnconditionalUpdate?: boolean;
  /** Whether the kind has `metadata.generation`; default: it has a `spec`. */
  hasGeneration?: boolean;
  /** Whether an update raises `metadata.generation`, where the kind has one; default: it changed the `spec`. */
  countsAsChange?(object: UntypedObject, old: UntypedObject): boolean;
  /** Seconds of grace before the object goes, undefined: at once. Pods only, upstream. */
  gracePeriodSeconds?(object: UntypedObject, requested: number | undefined): number | undefined;
  /** Selectable fields beside `metadata.name` and `metadata.namespace`, for field selectors. */
  selectableFields?(object: UntypedObject): Record<string, string>;
  /** Paths of the replica count and selector behind the `scale` subresource, and of the count that is running. */
  scale?: { specReplicas: string; statusReplicas: string; selector?: string };
}
