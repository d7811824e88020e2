import type { DownwardAPIVolumeSource, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { fieldRefValue } from '../env/field-ref.ts';
import { resourceFieldValue } from '../resources/resource-field.ts';
import { DEFAULT_MODE, type Payload, VolumeError, type VolumeSources } from './volume-source.ts';

/** The files of a `downwardAPI` volume. Source: kubernetes pkg/volume/downwardapi CollectData. */
export function downwardApiPayload(
  pod: DeepReadonly<Pod>,
  { items, defaultMode }: DeepReadonly<DownwardAPIVolumeSource>,
  { addresses, allocatable }: VolumeSources,
): Payload {
  const payload: Payload = new Map();
  for (const { path, fieldRef, resourceFieldRef, mode } of items ?? []) {
    let value = '';
    if (fieldRef !== undefined) {
      const found = fieldRefValue(pod, fieldRef.fieldPath, addresses);
      if (found === undefined) throw new VolumeError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
      value = found;
    } else if (resourceFieldRef !== undefined) {
      const name = resourceFieldRef.containerName ?? '';
      const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((candidate) => candidate.name === name);
      if (container === undefined) throw new VolumeError(`container ${name} not found`);
      const found = resourceFieldValue(container, resourceFieldRef, allocatable);
      if (found === undefined) throw new VolumeError(`unsupported container resource : ${resourceFieldRef.resource}`);
      value = found;
    }
    payload.set(path, { data: Buffer.from(value), mode: mode ?? defaultMode ?? DEFAULT_MODE });
  }
  return payload;
}
