import type { SecretVolumeSource } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { selectKeys } from './select-keys.ts';
import { DEFAULT_MODE, type Payload, VolumeError, type VolumeSources } from './volume-source.ts';

/** The files of a `secret` volume. An optional one that does not exist is empty. */
export async function secretPayload(
  namespace: string,
  { secretName = '', items, defaultMode, optional = false }: DeepReadonly<SecretVolumeSource>,
  { objects }: VolumeSources,
): Promise<Payload> {
  const secret = await objects.secret(namespace, secretName);
  if (secret === undefined && !optional) throw new VolumeError(`secret "${secretName}" not found`);
  const data = new Map(Object.entries(secret?.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, 'base64')]));
  return selectKeys(data, { items, mode: defaultMode ?? DEFAULT_MODE, optional, missing: 'references non-existent secret key' });
}
