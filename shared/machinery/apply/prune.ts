import { difference, EMPTY_SET, type FieldSet, intersection, isEmptySet, union } from './field-set.ts';
import type { Owner } from './managed-fields.ts';
import { withNamedMembers } from './named-members.ts';
import { removeItems } from './remove-items.ts';
import { toFieldSet } from './to-field-set.ts';
import { type Versions, viewAs } from './version-views.ts';
import { withoutMetadata } from './without-metadata.ts';

/**
 * Removes what an applier owned after its last apply, leaves out this time, and nobody else owns. `owners` hold its new fields already.
 * Source: structured-merge-diff merge.Updater prune.
 */
export function pruneGivenUp(versions: Versions, merged: unknown, owners: ReadonlyMap<string, Owner>, last: Owner | undefined): unknown {
  if (last === undefined || isEmptySet(last.fields)) return merged;
  const view = viewAs(versions, merged, last.apiVersion);
  if (view === undefined) return merged; // the version is gone: nobody can say what the fields were
  const { shape, object } = view;
  const [all, owned] = [namedSet(view.shape, object), withNamedMembers(shape, last.fields)];
  const withoutLast = namedSet(shape, removeItems(shape, object, owned));
  const wanted = withNamedMembers(shape, ownedIn(owners, last.apiVersion));
  const pruned = namedSet(shape, removeItems(shape, object, difference(all, union(withoutLast, wanted))));
  const given = withoutMetadata(intersection(difference(all, pruned), owned));
  const result = isEmptySet(given) ? object : removeItems(shape, object, given);
  if (result === object) return merged;
  if (last.apiVersion === versions.apiVersion) return result;
  return versions.convert?.(result, versions.apiVersion)?.object ?? merged;
}

function namedSet(shape: Versions['shape'], object: unknown): FieldSet {
  return withNamedMembers(shape, toFieldSet(shape, object));
}

/** Deviation: what others own in another version than the applier's last one does not keep fields (docs/compatibility.md#server-side-apply). */
function ownedIn(owners: ReadonlyMap<string, Owner>, apiVersion: string): FieldSet {
  let all = EMPTY_SET;
  for (const owner of owners.values()) if (owner.apiVersion === apiVersion) all = union(all, owner.fields);
  return all;
}
