import type { UntypedObject } from '../../shared/api/meta.ts';
import { badRequest } from '../../shared/machinery/api-error.ts';
import { type FieldRequirement, FieldSelectorError, fieldsMatch, parseFieldSelector } from '../../shared/machinery/field-selector.ts';
import { parseSelector, type Selector, SelectorError, selectorMatches } from '../../shared/machinery/label-selector.ts';
import type { CachedObject } from '../storage/watch-cache-object.ts';
import type { ObjectStore } from './object-store.ts';

/** What a list or watch picks out of a resource. */
export interface Selection {
  /** Equal for selections that pick the same. */
  readonly id: string;
  /** '' for all namespaces. */
  readonly namespace: string;
  /** The only possible name, if a field selector demands one. */
  readonly name: string | undefined;
  /** The demanded value of the resource's indexed field. */
  readonly indexed: string | undefined;
  /** Everything in the namespace is picked. */
  readonly everything: boolean;
  matches(object: CachedObject): boolean;
}

/** Reads both selectors; throws 400 with upstream's text. */
export function selectionOf(store: ObjectStore, namespace: string, selectors: { labelSelector: string; fieldSelector: string }): Selection {
  const { labelSelector, fieldSelector } = selectors;
  const labels = readLabels(labelSelector);
  const fields = readFields(store, fieldSelector);
  const demanded = (field: string): string | undefined => fields.find((f) => f.field === field && f.operator === '=')?.value;
  return {
    id: `${namespace}|${labelSelector}|${fieldSelector}`,
    namespace,
    name: demanded('metadata.name'),
    indexed: store.objects.indexed ? demanded('spec.nodeName') : undefined,
    everything: labels.length === 0 && fields.length === 0,
    matches: matcher(store, namespace, labels, fields),
  };
}

function matcher(
  store: ObjectStore,
  namespace: string,
  labels: Selector,
  fields: readonly FieldRequirement[],
): (object: CachedObject) => boolean {
  const inNamespace = (object: CachedObject): boolean => namespace === '' || object.namespace === namespace;
  if (labels.length === 0 && fields.length === 0) return inNamespace;
  const byLabels = (object: CachedObject): boolean => labels.length === 0 || selectorMatches(labels, object.object.metadata.labels);
  if (fields.length === 0) return (object) => inNamespace(object) && byLabels(object);
  const byMetadata = fields.every(({ field }) => field === 'metadata.name' || field === 'metadata.namespace');
  return (object) =>
    inNamespace(object) &&
    byLabels(object) &&
    fieldsMatch(fields, {
      ...(byMetadata ? undefined : store.strategy.selectableFields?.(store.read(object))),
      'metadata.name': object.name,
      'metadata.namespace': object.namespace,
    });
}

function readLabels(text: string): Selector {
  if (text === '') return [];
  try {
    return parseSelector(text);
  } catch (error) {
    if (error instanceof SelectorError)
      throw badRequest(`unable to parse requirement: ${error.message.replace(/^unable to parse requirement: /, '')}`);
    throw error;
  }
}

/** Tells which fields a strategy can select by. */
const EMPTY = { metadata: { name: '' }, spec: {}, status: {} } as unknown as UntypedObject;

function readFields(store: ObjectStore, text: string): readonly FieldRequirement[] {
  if (text === '') return [];
  let fields: readonly FieldRequirement[];
  try {
    fields = parseFieldSelector(text);
  } catch (error) {
    if (error instanceof FieldSelectorError) throw badRequest(error.message);
    throw error;
  }
  const { info, strategy } = store;
  const own = strategy.selectableFields?.(EMPTY);
  for (const { field } of fields) {
    if (field === 'metadata.name' || (field === 'metadata.namespace' && (info.namespaced || own === undefined))) continue;
    if (own !== undefined && Object.hasOwn(own, field)) continue;
    if (own !== undefined) throw badRequest(`field label not supported: ${field}`);
    throw badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`);
  }
  return fields;
}
