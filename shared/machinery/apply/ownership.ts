import { type Comparison, compare, ignoring, isSame, written } from './compare.ts';
import { difference, type FieldSet, intersection, isEmptySet } from './field-set.ts';
import type { Owner } from './managed-fields.ts';
import { type Versions, viewAs } from './version-views.ts';

export interface Change {
  versions: Versions;
  before: unknown;
  after: unknown;
  /** Paths that this way of writing cannot change. */
  ignored: FieldSet;
}

/** What a change means to owners that know the object in different versions. Made once a change. */
export class ChangeView {
  readonly own: Comparison;
  readonly #change: Change;
  readonly #byVersion = new Map<string, Comparison | undefined>();

  constructor(change: Change) {
    this.#change = change;
    this.own = ignoring(compare(change.versions.shape, change.before, change.after), change.ignored);
    this.#byVersion.set(change.versions.apiVersion, this.own);
  }

  /** Undefined: the version is no longer there. */
  in(apiVersion: string): Comparison | undefined {
    if (!this.#byVersion.has(apiVersion)) this.#byVersion.set(apiVersion, this.#compareIn(apiVersion));
    return this.#byVersion.get(apiVersion);
  }

  #compareIn(apiVersion: string): Comparison | undefined {
    const { versions, ignored } = this.#change;
    const [before, after] = [viewAs(versions, this.#change.before, apiVersion), viewAs(versions, this.#change.after, apiVersion)];
    if (before === undefined || after === undefined) return undefined;
    return ignoring(compare(before.shape, before.object, after.object), ignored);
  }
}

/** What of an owner's fields a change has taken by giving them other values. */
export function takenFrom(owner: Owner, view: ChangeView): FieldSet {
  const comparison = view.in(owner.apiVersion);
  return comparison === undefined ? {} : intersection(owner.fields, written(comparison));
}

/**
 * Takes from all owners but `self` what a change has written or removed, in place; who owns nothing any more, or only in a version that
 * is gone, is dropped. Source: structured-merge-diff merge.Updater update.
 */
export function loosen(owners: Map<string, Owner>, view: ChangeView, self: string): void {
  for (const [id, owner] of owners) {
    if (id === self) continue;
    const comparison = view.in(owner.apiVersion);
    if (comparison === undefined) {
      owners.delete(id);
      continue;
    }
    const kept = isSame(comparison)
      ? owner.fields
      : difference(difference(difference(owner.fields, comparison.modified), comparison.added), comparison.removed);
    if (isEmptySet(kept)) owners.delete(id);
    else if (kept !== owner.fields) owners.set(id, { ...owner, fields: kept });
  }
}
