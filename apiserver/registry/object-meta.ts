import type { DeepReadonly, ObjectMeta, UntypedObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { timestamp } from '../../shared/machinery/clock.ts';

/** Sets what only the registry decides about a new object. Source: apiserver registry/rest FillObjectMetaSystemFields, BeforeCreate. */
export function beginMeta(meta: ObjectMeta, { uid, now, generation }: { uid: string; now: number; generation: boolean }): void {
  for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'resourceVersion', 'generation'] as const) delete meta[field];
  meta.uid = uid;
  meta.creationTimestamp = timestamp(now);
  if (generation) meta.generation = 1;
}

/** Metadata in the order of its fields, without what is stored elsewhere or not at all: resourceVersion, managedFields, selfLink; and without empty values. */
export function storedMeta(meta: DeepReadonly<ObjectMeta>): ObjectMeta {
  const result: Record<string, unknown> = {};
  for (const field of ORDER) {
    const value = meta[field];
    if (value !== undefined && value !== null && value !== '') result[field] = value;
  }
  return result as unknown as ObjectMeta;
}

const ORDER = [
  'name', 'generateName', 'namespace', 'uid', 'generation', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds',
  'labels', 'annotations', 'ownerReferences', 'finalizers',
] as const satisfies readonly (keyof ObjectMeta)[]; // biome-ignore format: one list

/** The object as it is stored: kind, apiVersion and metadata first, metadata as `storedMeta` leaves it. */
export function storedForm(info: ResourceInfo, object: UntypedObject): UntypedObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  return { kind: info.kind, apiVersion: groupVersion(info), metadata: storedMeta(metadata), ...rest };
}

/** What all stored objects of a resource begin with, up to and including the comma; list items are sent without it. */
export function encodedHead(info: ResourceInfo): string {
  return `{"kind":${JSON.stringify(info.kind)},"apiVersion":${JSON.stringify(groupVersion(info))},`;
}
