import { equalJson } from '../patch/json-value.ts';
import { EMPTY_SET, type FieldSet, type FieldSetBuilder, isEmptySet, LEAF, recursiveDifference, union } from './field-set.ts';
import { itemsByElement } from './list-items.ts';
import type { PathElement } from './path-element.ts';
import {
  type FieldShape,
  fieldAt,
  granular,
  isHollow,
  isRecord,
  type JsonRecord,
  type ListShape,
  type RecordShape,
  type Shape,
} from './shape.ts';
import { wholeSet } from './to-field-set.ts';

/** Which paths differ between two values of a type. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Compares as upstream tracks changes: parts that came or went with all paths in them. Source: structured-merge-diff typed/compare.go. */
export function compare(shape: Shape, before: unknown, after: unknown): Comparison {
  const walk = new ComparisonWalk();
  walk.visit(shape, before, after);
  return { added: walk.added ?? EMPTY_SET, modified: walk.modified ?? EMPTY_SET, removed: walk.removed ?? EMPTY_SET };
}

export function isSame({ added, modified, removed }: Comparison): boolean {
  return isEmptySet(added) && isEmptySet(modified) && isEmptySet(removed);
}

/** The paths that somebody who made the change has written. */
export function written({ added, modified }: Comparison): FieldSet {
  return union(modified, added);
}

/** The comparison without the paths in and below `ignored`. */
export function ignoring(comparison: Comparison, ignored: FieldSet): Comparison {
  return {
    added: recursiveDifference(comparison.added, ignored),
    modified: recursiveDifference(comparison.modified, ignored),
    removed: recursiveDifference(comparison.removed, ignored),
  };
}

/** Fills sets only where it finds differences; `#path` is where it stands. */
class ComparisonWalk {
  added: FieldSetBuilder | undefined;
  modified: FieldSetBuilder | undefined;
  removed: FieldSetBuilder | undefined;
  readonly #path: PathElement[] = [];

  visit(shape: Shape, before: unknown, after: unknown): void {
    if (before === after) return;
    const parts = granular(shape, before) ?? granular(shape, after);
    if (parts === undefined || !fits(parts, before) || !fits(parts, after) || (isHollow(before) && isHollow(after))) {
      if (!equalJson(before, after)) this.modified = this.#insert(this.modified, LEAF);
    } else if (parts.kind === 'record') this.#records(parts, (before ?? NOTHING) as JsonRecord, (after ?? NOTHING) as JsonRecord);
    else this.#lists(parts, (before ?? []) as unknown[], (after ?? []) as unknown[]);
  }

  #records(shape: RecordShape, before: JsonRecord, after: JsonRecord): void {
    for (const key of Object.keys(before)) {
      const was = before[key];
      const is = Object.hasOwn(after, key) ? after[key] : undefined;
      if (was !== is && was !== undefined) this.#field(fieldAt(shape, key), was, is);
    }
    for (const key of Object.keys(after)) {
      if (after[key] === undefined || (Object.hasOwn(before, key) && before[key] !== undefined)) continue;
      this.#field(fieldAt(shape, key), undefined, after[key]);
    }
  }

  #field(field: FieldShape | undefined, before: unknown, after: unknown): void {
    if (field?.element !== undefined) this.#step(field.element, field.shape, before, after);
  }

  #lists(shape: ListShape, before: readonly unknown[], after: readonly unknown[]): void {
    if (equalJson(before, after)) return; // most are; telling items apart costs more
    const [were, are] = [itemsByElement(shape, before), itemsByElement(shape, after)];
    for (const [element, was] of were) this.#items(element, shape.item, was, are.get(element) ?? []);
    for (const [element, is] of are) if (!were.has(element)) this.#items(element, shape.item, [], is);
  }

  /** Items that cannot be told apart are one leaf. */
  #items(element: PathElement, shape: Shape, before: readonly unknown[], after: readonly unknown[]): void {
    if (before.length <= 1 && after.length <= 1) return this.#step(element, shape, before[0], after[0]);
    this.#path.push(element);
    if (before.length > 1 && after.length > 1) {
      if (!equalJson(before, after)) this.modified = this.#insert(this.modified, LEAF);
    } else if (before.length > 1) {
      if (after.length === 1) this.added = this.#insert(this.added, wholeSet(shape, after[0]));
      this.removed = this.#insert(this.removed, LEAF);
    } else {
      if (before.length === 1) this.removed = this.#insert(this.removed, wholeSet(shape, before[0]));
      this.added = this.#insert(this.added, LEAF);
    }
    this.#path.pop();
  }

  #step(element: PathElement, shape: Shape, before: unknown, after: unknown): void {
    if (before === after) return;
    this.#path.push(element);
    if (before === undefined) this.added = this.#insert(this.added, wholeSet(shape, after));
    else if (after === undefined) this.removed = this.#insert(this.removed, wholeSet(shape, before));
    else this.visit(shape, before, after);
    this.#path.pop();
  }

  #insert(set: FieldSetBuilder | undefined, node: FieldSet): FieldSetBuilder {
    const top = set ?? {};
    let at = top;
    for (let i = 0; i < this.#path.length - 1; i++) {
      const element = this.#path[i] ?? '';
      at[element] ??= {};
      at = at[element] as FieldSetBuilder;
    }
    const last = this.#path.at(-1);
    if (last !== undefined) at[last] = node;
    return top;
  }
}

const NOTHING: JsonRecord = Object.freeze({});

function fits(parts: RecordShape | ListShape, value: unknown): boolean {
  return value === null || (parts.kind === 'record' ? isRecord(value) : Array.isArray(value));
}
