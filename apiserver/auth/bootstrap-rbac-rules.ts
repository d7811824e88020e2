import type { PolicyRule } from '../../shared/api/generated/rbac-v1.ts';

/** One rule of the default roles in short: comma-separated verbs, groups (`core` is the core group), resources and resource names. */
export function allow(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    verbs: verbs.split(','),
    apiGroups: groups.split(',').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(','),
    ...(names === undefined ? {} : { resourceNames: names.split(',') }),
  };
}

export function allowPaths(verbs: string, paths: string): PolicyRule {
  return { verbs: verbs.split(','), nonResourceURLs: paths.split(',') };
}

export const READ = 'get,list,watch';
export const WRITE = 'create,delete,deletecollection,patch,update';
export const READ_WRITE = `create,delete,deletecollection,get,list,patch,update,watch`;
export const EVENTS = allow('create,patch,update', 'core,events.k8s.io', 'events');
