import { difference, type FieldSet, isMember } from './field-set.ts';

const METADATA: FieldSet = { 'f:metadata': {} };

/** The set without the metadata as such, which every object has; what in it belongs to the server has no path at all. */
export function withoutMetadata(fields: FieldSet): FieldSet {
  const metadata = fields['f:metadata'];
  return metadata === undefined || !isMember(metadata) ? fields : difference(fields, METADATA);
}
