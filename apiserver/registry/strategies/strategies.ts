import type { ResourceInfo } from '../../../shared/api/scheme.ts';
import type { Strategy } from '../strategy.ts';
import {
  certificateSigningRequestStrategy,
  clusterRoleBindingStrategy,
  clusterRoleStrategy,
  roleBindingStrategy,
  roleStrategy,
} from './access.ts';
import { cronJobStrategy, jobStrategy } from './batch.ts';
import { CHECKED } from './checked.ts';
import {
  claimStrategy,
  configMapStrategy,
  eventStrategy,
  eventsEventStrategy,
  limitRangeStrategy,
  namespaceStrategy,
  nodeStrategy,
  persistentVolumeStrategy,
  resourceQuotaStrategy,
  secretStrategy,
} from './core.ts';
import { genericStrategy } from './generic.ts';
import { podStrategy } from './pod.ts';
import { serviceStrategy } from './service.ts';
import {
  daemonSetStrategy,
  deploymentStrategy,
  replicaSetStrategy,
  replicationControllerStrategy,
  statefulSetStrategy,
} from './workloads.ts';

/** By the resource's id; a new kind is a file in this folder and a row here. */
const BY_RESOURCE: Readonly<Record<string, Strategy>> = {
  ...CHECKED,
  certificatesigningrequests: certificateSigningRequestStrategy,
  clusterrolebindings: clusterRoleBindingStrategy,
  clusterroles: clusterRoleStrategy,
  configmaps: configMapStrategy,
  cronjobs: cronJobStrategy,
  daemonsets: daemonSetStrategy,
  deployments: deploymentStrategy,
  events: eventStrategy,
  'events.events.k8s.io': eventsEventStrategy,
  jobs: jobStrategy,
  limitranges: limitRangeStrategy,
  namespaces: namespaceStrategy,
  nodes: nodeStrategy,
  persistentvolumeclaims: claimStrategy,
  persistentvolumes: persistentVolumeStrategy,
  pods: podStrategy,
  replicasets: replicaSetStrategy,
  replicationcontrollers: replicationControllerStrategy,
  resourcequotas: resourceQuotaStrategy,
  rolebindings: roleBindingStrategy,
  roles: roleStrategy,
  secrets: secretStrategy,
  services: serviceStrategy,
  statefulsets: statefulSetStrategy,
};

/** What a built-in kind adds to the generic registry; status is a world of its own wherever there is a `status` subresource. */
export function strategyFor(info: ResourceInfo): Strategy {
  return { ...genericStrategy(info), ...(Object.hasOwn(BY_RESOURCE, info.id) ? BY_RESOURCE[info.id] : undefined) };
}
