import { difference, type FieldSet, setOfPaths } from './field-set.ts';

/** Belongs to the server, so to nobody. Source: managedfields NewStripMetaManager. */
const UNTRACKED = setOfPaths(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map(
    (field) => ['f:metadata', `f:${field}`],
  ),
);

export function withoutUntracked(fields: FieldSet): FieldSet {
  return difference(fields, UNTRACKED);
}
