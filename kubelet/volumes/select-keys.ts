import type { KeyToPath } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { type Payload, VolumeError } from './volume-source.ts';

export interface KeySelection {
  /** None: every key, under its own name. */
  items: DeepReadonly<KeyToPath[]> | undefined;
  mode: number;
  optional: boolean;
  /** The error for a key that is not there, before the key. */
  missing: string;
}

/** Puts the keys of a ConfigMap or Secret where a volume wants them. Source: kubernetes pkg/volume/configmap MakePayload. */
export function selectKeys(data: ReadonlyMap<string, Buffer>, { items, mode, optional, missing }: KeySelection): Payload {
  if (items === undefined || items.length === 0) return new Map([...data].map(([key, content]) => [key, { data: content, mode }]));
  const payload: Payload = new Map();
  for (const item of items) {
    const content = data.get(item.key);
    if (content !== undefined) payload.set(item.path, { data: content, mode: item.mode ?? mode });
    else if (!optional) throw new VolumeError(`${missing}: ${item.key}`);
  }
  return payload;
}
