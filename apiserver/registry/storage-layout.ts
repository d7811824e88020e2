import type { ResourceInfo } from '../../shared/api/scheme.ts';

/** Where kube-apiserver keeps what it does not keep under the plural. Source: kubernetes pkg/kubeapiserver SpecialDefaultResourcePrefixes. */
const SPECIAL: Readonly<Record<string, string>> = {
  replicationcontrollers: 'controllers',
  endpoints: 'services/endpoints',
  services: 'services/specs',
  nodes: 'minions',
  ingresses: 'ingress',
  customresourcedefinitions: 'apiextensions.k8s.io/customresourcedefinitions',
  apiservices: 'apiregistration.k8s.io/apiservices',
};

/** The prefix of all keys of a resource: `/registry/pods/`; custom resources have their group in it. */
export function storagePrefix(info: Pick<ResourceInfo, 'group' | 'plural' | 'id'>, builtIn: boolean): string {
  if (!builtIn) return `/registry/${info.group}/${info.plural}/`;
  return `/registry/${SPECIAL[info.plural] ?? info.plural}/`;
}
