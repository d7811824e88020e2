import { applyDefaults } from '../../../../apiserver/schema/apply-defaults.ts';
import { decodeObject } from '../../../../apiserver/schema/decode.ts';
import type { CustomResourceDefinition } from '../../../../shared/api/generated/apiextensions-v1.ts';
import { resourceInfo } from '../../../../shared/api/scheme.ts';

const INFO = resourceInfo('customresourcedefinitions');

export interface Parts {
  schema?: object;
  version?: object;
  versions?: object[];
  names?: object;
  spec?: object;
  metadata?: object;
  status?: object;
}

/** A definition of widgets as the API server decodes it; `parts` replace what a plain one has. */
export function definition(parts: Parts = {}): CustomResourceDefinition {
  const { schema = { type: 'object' }, version = {}, names = {}, spec = {}, metadata = {}, status } = parts;
  const versions = parts.versions ?? [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }];
  const { object } = decodeObject(INFO.type, {
    metadata: { name: 'widgets.example.com', ...metadata },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget', ...names }, versions, ...spec },
    status: status ?? { acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] },
  });
  applyDefaults(INFO, object);
  return object as unknown as CustomResourceDefinition;
}

/** `field: message` of each error. */
export function texts(errors: readonly { field: string; message: string }[]): string[] {
  return errors.map(({ field, message }) => `${field}: ${message}`);
}
