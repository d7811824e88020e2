import type { ConfigMapVolumeSource } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { selectKeys } from './select-keys.ts';
import { DEFAULT_MODE, type Payload, VolumeError, type VolumeSources } from './volume-source.ts';

/** The files of a `configMap` volume. An optional one that does not exist is empty. */
export async function configMapPayload(
  namespace: string,
  { name = '', items, defaultMode, optional = false }: DeepReadonly<ConfigMapVolumeSource>,
  { objects }: VolumeSources,
): Promise<Payload> {
  const map = await objects.configMap(namespace, name);
  if (map === undefined && !optional) throw new VolumeError(`configmap "${name}" not found`);
  const data = new Map([
    ...Object.entries(map?.data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(map?.binaryData ?? {}).map(([key, base64]) => [key, Buffer.from(base64, 'base64')] as const),
  ]);
  return selectKeys(data, { items, mode: defaultMode ?? DEFAULT_MODE, optional, missing: 'configmap references non-existent config key' });
}
