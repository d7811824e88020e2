import { isDeepStrictEqual } from 'node:util';
import type { CustomResourceDefinitionNames, CustomResourceDefinitionStatus } from '../../shared/api/generated/apiextensions-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { quote } from '../../shared/machinery/api-error.ts';
import { approvalOf, type Condition, type Definition, hasCondition, type WantedCondition, withConditions } from './conditions.ts';
import { validateStructural } from './structural.ts';

type Names = DeepReadonly<CustomResourceDefinitionNames>;
type NamesStatus = DeepReadonly<CustomResourceDefinitionStatus>;

/** Whether the resources of a definition can be used. */
export function isServed(definition: Definition): boolean {
  return hasCondition(definition, 'NamesAccepted') || hasCondition(definition, 'Established');
}

/**
 * The status that a definition is to have beside `others`, all definitions of its group: which names it gets, and whether its resources
 * are served. Answers the old status if that is right. `now` as a timestamp.
 * Source: apiextensions-apiserver pkg/controller/{status,establish,nonstructuralschema,apiapproval}.
 */
export function planStatus(definition: Definition, others: readonly Definition[], now: string): NamesStatus {
  const old = definition.status;
  const before = (old?.conditions ?? []) as readonly Condition[];
  const { names, accepted } = acceptNames(definition, takenBy(others));
  const established = before.find(({ type }) => type === 'Established');
  const wanted = [accepted, establish(established, accepted), ...approval(definition), ...nonStructural(definition)];
  const kept = before.filter(({ type }) => type !== 'NonStructuralSchema' || wanted.some((condition) => condition.type === type));
  const status = { ...old, conditions: withConditions(kept, wanted, now), acceptedNames: names };
  return isDeepStrictEqual(status, old) ? old : status;
}

interface Taken {
  resources: ReadonlySet<string>;
  kinds: ReadonlySet<string>;
}

function takenBy(definitions: readonly Definition[]): Taken {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { status } of definitions) {
    const { plural, singular, shortNames, kind, listKind } = status?.acceptedNames ?? { plural: '', kind: '' };
    for (const name of [plural, singular, ...(shortNames ?? [])]) if (name !== undefined && name !== '') resources.add(name);
    for (const name of [kind, listKind]) if (name !== undefined && name !== '') kinds.add(name);
  }
  return { resources, kinds };
}

function acceptNames(definition: Definition, { resources, kinds }: Taken): { names: Names; accepted: WantedCondition } {
  const requested = definition.spec.names;
  const had: Names = definition.status?.acceptedNames ?? { plural: '', kind: '' };
  let conflict: Pick<WantedCondition, 'reason' | 'message'> | undefined;
  const names: Record<string, unknown> = { ...had };
  const settle = (field: 'plural' | 'singular' | 'kind' | 'listKind', taken: ReadonlySet<string>, reason: string): void => {
    const wanted = requested[field] ?? '';
    if (wanted !== (had[field] ?? '') && taken.has(wanted)) conflict = { reason, message: inUse(wanted) };
    else names[field] = wanted;
  };
  settle('plural', resources, 'PluralConflict');
  settle('singular', resources, 'SingularConflict');
  const clashes = (requested.shortNames ?? []).filter((name) => !(had.shortNames ?? []).includes(name) && resources.has(name));
  if (clashes.length > 0) conflict = { reason: 'ShortNamesConflict', message: aggregate(clashes.map(inUse)) };
  else setList(names, 'shortNames', requested.shortNames);
  settle('kind', kinds, 'KindConflict');
  settle('listKind', kinds, 'ListKindConflict');
  setList(names, 'categories', requested.categories);
  const accepted = {
    type: 'NamesAccepted',
    ...(conflict === undefined
      ? { status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { status: 'False', ...conflict }),
  };
  return { names: names as unknown as Names, accepted };
}

function inUse(name: string): string {
  return `${quote(name)} is already in use`;
}

/** Several errors as one. Source: apimachinery util/errors Aggregate. */
function aggregate(messages: readonly string[]): string {
  const unique = [...new Set(messages)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}

function setList(names: Record<string, unknown>, field: string, list: readonly string[] | undefined): void {
  if (list === undefined || list.length === 0) delete names[field];
  else names[field] = [...list];
}

/** Once established a definition stays so. */
function establish(old: Condition | undefined, accepted: WantedCondition): WantedCondition {
  if (old?.status === 'True') return old;
  if (accepted.status !== 'True')
    return old ?? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  return { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' };
}

function approval(definition: Definition): WantedCondition[] {
  const type = 'KubernetesAPIApprovalPolicyConformant';
  const { state, text } = approvalOf(definition);
  switch (state) {
    case 'not needed':
      return [];
    case 'approved':
      return [{ type, status: 'True', reason: 'ApprovedAnnotation', message: text }];
    case 'bypassed':
      return [{ type, status: 'False', reason: 'UnapprovedAnnotation', message: text }];
    default:
      return [{ type, status: 'False', reason: state === 'missing' ? 'MissingAnnotation' : 'InvalidAnnotation', message: text }];
  }
}

/** Of definitions that were made before such schemas were refused. */
function nonStructural({ spec }: Definition): WantedCondition[] {
  const errors = (spec.versions ?? []).flatMap(({ schema }, i) => {
    const root = schema?.openAPIV3Schema;
    return root === undefined ? [] : validateStructural(root, `spec.versions[${i}].schema.openAPIV3Schema`);
  });
  if (errors.length === 0) return [];
  const message = aggregate(errors.map(({ field, message: text }) => `${field}: ${text}`));
  return [{ type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message }];
}
