import type { UntypedObject } from '../../../shared/api/meta.ts';
import { loadSchema } from '../../../shared/api/schema/load-schema.ts';
import { decodeObject } from '../../schema/decode.ts';

/** Gives a new object the status that Go's zero value has, whatever the creator sent. */
export function clearStatus(typeName: string): (object: UntypedObject) => void {
  return (object) => {
    const status = loadSchema().types[typeName]?.fields?.['status']?.ref;
    if (status !== undefined) object['status'] = decodeObject(status, {}).object;
  };
}

/** Takes the status of an update back. */
export function keepStatus(object: UntypedObject, old: UntypedObject): void {
  if (old['status'] === undefined) delete object['status'];
  else object['status'] = structuredClone(old['status']);
}
