import type { ResourceInfo } from '../../../shared/api/scheme.ts';
import { pathSegment } from '../../validation/names.ts';
import type { Strategy } from '../strategy.ts';
import { clearStatus, keepStatus } from './status.ts';

/** Resources whose `spec` changes do not count in `metadata.generation`. */
const WITHOUT_GENERATION = new Set([
  'namespaces', 'nodes', 'services', 'persistentvolumes', 'persistentvolumeclaims', 'resourcequotas', 'limitranges', 'leases', 'podtemplates',
  'horizontalpodautoscalers', 'horizontalpodautoscalers.v1.autoscaling', 'certificatesigningrequests', 'volumeattachments', 'csinodes',
  'apiservices', 'ipaddresses', 'resourceclaims', 'resourceclaimtemplates',
]); // biome-ignore format: one list
/** A PUT of a name that is not there makes the object. */
const CREATED_BY_UPDATE = new Set([
  'endpoints', 'events', 'events.events.k8s.io', 'leases', 'limitranges', 'services', 'priorityclasses', 'roles', 'rolebindings', 'clusterroles',
  'clusterrolebindings',
]); // biome-ignore format: one list
/** Updates must say which version they were made from. */
const CONDITIONAL_UPDATE = new Set([
  'leases', 'customresourcedefinitions', 'apiservices', 'poddisruptionbudgets', 'mutatingwebhookconfigurations', 'validatingwebhookconfigurations',
  'validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings', 'csinodes',
  'csidrivers', 'runtimeclasses', 'volumeattachments',
]); // biome-ignore format: one list
const PATH_NAMES = new Set(['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings', 'apiservices']);

/**
 * The rules that follow from the resource's row: writes of the object leave `status` alone where there is a `status` subresource, and
 * what upstream's strategies answer to AllowCreateOnUpdate and AllowUnconditionalUpdate.
 */
export function genericStrategy(info: ResourceInfo): Strategy {
  return {
    ...(info.subresources['status'] === undefined ? {} : { prepareForCreate: clearStatus(info.type), prepareForUpdate: keepStatus }),
    ...(WITHOUT_GENERATION.has(info.id) ? { hasGeneration: false } : {}),
    ...(CREATED_BY_UPDATE.has(info.id) ? { allowCreateOnUpdate: true } : {}),
    ...(CONDITIONAL_UPDATE.has(info.id) ? { allowUnconditionalUpdate: false } : {}),
    ...(PATH_NAMES.has(info.id) ? { validateName: pathSegment } : {}),
  };
}
