import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { EMPTY_SET, type FieldSet, setOfPaths } from '../../shared/machinery/apply/field-set.ts';

const STATUS = setOfPaths(['f:status']);
const SPEC = setOfPaths(['f:spec']);
const SPEC_AND_METADATA = setOfPaths(['f:spec'], ['f:metadata']);

/** By `resource.group/subresource`, where it is not the rule. */
const OWN: Readonly<Record<string, FieldSet>> = {
  'pods./status': setOfPaths(['f:spec'], ['f:metadata', 'f:deletionTimestamp'], ['f:metadata', 'f:ownerReferences']),
  'deployments.apps/status': setOfPaths(['f:spec'], ['f:metadata', 'f:labels']),
  'volumeattachments.storage.k8s.io/status': SPEC_AND_METADATA,
  'customresourcedefinitions.apiextensions.k8s.io/status': SPEC_AND_METADATA,
  'certificatesigningrequests.certificates.k8s.io/status': setOfPaths(['f:spec'], ['f:status', 'f:conditions']),
  'certificatesigningrequests.certificates.k8s.io/approval': setOfPaths(['f:spec'], ['f:status', 'f:certificate']),
};

/**
 * The fields that a way of writing takes back, so that nobody can own them through it: the status where the object itself is written, the
 * spec where its status is. Source: GetResetFields of the strategies in kubernetes pkg/registry.
 */
export function resetFields(info: ResourceInfo, subresource: string): FieldSet {
  const own = OWN[`${info.plural}.${info.group}/${subresource}`];
  if (own !== undefined) return own;
  if (subresource === 'status') return SPEC;
  return Object.hasOwn(info.subresources, 'status') ? STATUS : EMPTY_SET;
}
