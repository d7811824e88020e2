import { createHash } from 'node:crypto';
import { loadSchema } from '../../shared/api/schema/load-schema.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';

export interface DiscoveryGroup {
  name: string;
  /** The preferred version first. */
  versions: { version: string; resources: ResourceInfo[] }[];
}

/** Source: kube-apiserver's APIService priorities. Groups that are not named here follow in the order of their names. */
const GROUP_ORDER = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];

/** Resources by group and version, in the order in which upstream lists them. */
export function discoveryGroups(resources: readonly ResourceInfo[]): DiscoveryGroup[] {
  const groups = new Map<string, Map<string, ResourceInfo[]>>();
  for (const info of resources) {
    const versions = groups.get(info.group) ?? new Map<string, ResourceInfo[]>();
    groups.set(info.group, versions);
    const list = versions.get(info.version) ?? [];
    versions.set(info.version, list);
    list.push(info);
  }
  return [...groups]
    .map(([name, versions]) => ({
      name,
      versions: [...versions]
        .map(([version, list]) => ({ version, resources: list.sort((a, b) => byText(a.plural, b.plural)) }))
        .sort((a, b) => compareVersions(b.version, a.version)),
    }))
    .sort((a, b) => rank(a.name) - rank(b.name) || byText(a.name, b.name));
}

export function legacyVersions(): object {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }] };
}

export function groupList(groups: readonly DiscoveryGroup[]): { kind: string; apiVersion: string; groups: object[] } {
  const rows = groups
    .filter(({ name }) => name !== '')
    .map(({ name, versions }) => {
      const all = versions.map(({ version }) => ({ groupVersion: groupVersion({ group: name, version }), version }));
      return { name, versions: all, preferredVersion: all[0] };
    });
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: rows };
}

export function resourceList(group: string, { version, resources }: DiscoveryGroup['versions'][number]): object {
  const rows = resources.flatMap((info) => [
    {
      name: info.plural,
      singularName: info.singular,
      namespaced: info.namespaced,
      kind: info.kind,
      verbs: info.verbs,
      ...(info.shortNames.length === 0 ? {} : { shortNames: info.shortNames }),
      ...(info.categories.length === 0 ? {} : { categories: info.categories }),
      ...(info.verbs.includes('list') ? { storageVersionHash: storageVersionHash(info) } : {}),
    },
    ...subresourcesOf(info).map(({ name, verbs, kind }) => ({
      name: `${info.plural}/${name}`,
      singularName: '',
      namespaced: info.namespaced,
      ...(kind.group === info.group && kind.version === info.version ? {} : { group: kind.group, version: kind.version }),
      kind: kind.kind,
      verbs,
    })),
  ]);
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersion({ group, version }),
    resources: rows,
  };
}

export function aggregatedDiscovery(groups: readonly DiscoveryGroup[], version: 'v2' | 'v2beta1'): object {
  const items = groups.map(({ name, versions }) => ({
    metadata: name === '' ? {} : { name },
    versions: versions.map((each) => ({ version: each.version, resources: each.resources.map(aggregatedResource), freshness: 'Current' })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}

function aggregatedResource(info: ResourceInfo): object {
  const subresources = subresourcesOf(info).map(({ name, verbs, kind }) => ({ subresource: name, responseKind: kind, verbs }));
  return {
    resource: info.plural,
    responseKind: { group: info.group, version: info.version, kind: info.kind },
    scope: info.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: info.singular,
    verbs: info.verbs,
    ...(info.shortNames.length === 0 ? {} : { shortNames: info.shortNames }),
    ...(info.categories.length === 0 ? {} : { categories: info.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

function subresourcesOf(info: ResourceInfo): { name: string; verbs: readonly string[]; kind: GroupVersionKind }[] {
  return Object.entries(info.subresources)
    .map(([name, { verbs, type }]) => ({
      name,
      verbs,
      kind: kindOfType(type) ?? { group: info.group, version: info.version, kind: info.kind },
    }))
    .sort((a, b) => byText(a.name, b.name));
}

function kindOfType(type: string | undefined): GroupVersionKind | undefined {
  const found = type === undefined ? undefined : loadSchema().kinds.find((candidate) => candidate.type === type);
  return found === undefined ? undefined : { group: found.group, version: found.version, kind: found.kind };
}

/** Source: apiserver discovery.StorageVersionHash. */
function storageVersionHash({ group, version, kind }: GroupVersionKind): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');
}

/** Kubernetes' order of versions: stable before beta before alpha, then the higher number; others last, by name. Source: apimachinery version.CompareKubeAwareVersionStrings. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (left === undefined || right === undefined) return left === right ? byText(b, a) : left === undefined ? -1 : 1;
  return left.stability - right.stability || left.major - right.major || left.minor - right.minor;
}

function parseVersion(text: string): { stability: number; major: number; minor: number } | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(text);
  if (match === null) return undefined;
  return { stability: match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}

function rank(group: string): number {
  const at = GROUP_ORDER.indexOf(group);
  return at < 0 ? GROUP_ORDER.length : at;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
