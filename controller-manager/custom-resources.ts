import type { CustomResourceDefinition } from '../shared/api/generated/apiextensions-v1.ts';
import type { DeepReadonly } from '../shared/api/meta.ts';
import { BUILT_IN_RESOURCES, type ResourceInfo } from '../shared/api/scheme.ts';

/** Events come and go by themselves: nobody owns them, and following them would cost more than all the rest. */
const EVENTS = new Set(['events', 'events.events.k8s.io']);

/** The built-in resources whose objects can be deleted, listed and watched. */
export function deletableResources(): ResourceInfo[] {
  return BUILT_IN_RESOURCES.filter(({ id, verbs }) => !EVENTS.has(id) && ['delete', 'list', 'watch'].every((verb) => verbs.includes(verb)));
}

/** The row of the resource that a definition serves: its storage version, or the first served one; undefined until it is established. */
export function customResource({ spec, status }: DeepReadonly<CustomResourceDefinition>): ResourceInfo | undefined {
  if (status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') !== true) return undefined;
  const served = spec.versions.filter((version) => version.served);
  const version = served.find(({ storage }) => storage) ?? served[0];
  if (version === undefined) return undefined;
  const { plural, kind, singular = kind.toLowerCase(), listKind = `${kind}List`, shortNames = [], categories = [] } = spec.names;
  return {
    id: `${plural}.${spec.group}`,
    group: spec.group,
    version: version.name,
    kind,
    plural,
    singular,
    listKind,
    shortNames,
    categories,
    namespaced: spec.scope === 'Namespaced',
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    subresources: {},
    type: '',
  };
}
