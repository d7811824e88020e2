import type { UntypedObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';

/** Between versions that differ in nothing but their name (strategy `None`). Shares all but the top with the object. */
export function convertVersion(object: UntypedObject, to: Pick<ResourceInfo, 'group' | 'version'>): UntypedObject {
  const apiVersion = groupVersion(to);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}
