import { asMember, type FieldSet, type FieldSetBuilder, isEmptySet } from './field-set.ts';
import { ANY, fieldAt, type Shape } from './shape.ts';

/**
 * The set with the paths of all named fields that it has paths below, which configurations do not speak about.
 * Source: structured-merge-diff fieldpath.Set EnsureNamedFieldsAreMembers.
 */
export function withNamedMembers(shape: Shape, set: FieldSet): FieldSet {
  const out: FieldSetBuilder = {};
  for (const element in set) {
    const inner = set[element] as FieldSet;
    if (isEmptySet(inner)) {
      out[element] = inner;
      continue;
    }
    const name = element.startsWith('f:') && shape.kind === 'record' ? element.slice(2) : undefined;
    const ensured = withNamedMembers(shapeBelow(shape, name), inner);
    out[element] = name !== undefined && shape.kind === 'record' && shape.fields.has(name) ? asMember(ensured) : ensured;
  }
  return out;
}

function shapeBelow(shape: Shape, name: string | undefined): Shape {
  if (shape.kind === 'record') return (name === undefined ? undefined : fieldAt(shape, name)?.shape) ?? ANY;
  if (shape.kind === 'list') return shape.item;
  return shape.kind === 'deduced' ? shape : ANY;
}
