import { type ApiError, failure } from '../api-error.ts';
import { difference, type FieldSet, isEmptySet, printPaths } from './field-set.ts';
import type { Owner } from './managed-fields.ts';

/** Fields of others that an apply would change, by owner id. */
export type Conflicts = ReadonlyMap<string, { readonly owner: Owner; readonly fields: FieldSet }>;

/** The conflicts that are left when these fields may be taken. */
export function conflictsBeside(conflicts: Conflicts, allowed: FieldSet): Conflicts {
  const left = [...conflicts].map(([id, { owner, fields }]) => [id, { owner, fields: difference(fields, allowed) }] as const);
  return new Map(left.filter(([, { fields }]) => !isEmptySet(fields)));
}

/** 409 with one cause a field. Source: managedfields NewConflictError. */
export function applyConflict(conflicts: Conflicts): ApiError {
  const owners = [...conflicts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { owner, fields }]) => ({ owner: printOwner(owner), paths: printPaths(fields) }));
  const causes = owners.flatMap(({ owner, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field })),
  );
  return failure(409, 'Conflict', `Apply failed with ${summary(owners, causes.length)}`, { causes });
}

function summary(owners: readonly { owner: string; paths: readonly string[] }[], count: number): string {
  const first = owners[0];
  if (count === 1 && first !== undefined) return `1 conflict: conflict with ${first.owner}: ${first.paths[0]}`;
  const lines = owners.flatMap(({ owner, paths }) => [`conflicts with ${owner}:`, ...paths.map((path) => `- ${path}`)]);
  return `${count} conflicts: ${lines.join('\n')}`;
}

function printOwner({ manager, subresource, operation, apiVersion }: Owner): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
