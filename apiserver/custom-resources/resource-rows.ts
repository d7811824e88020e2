import type { CustomResourceDefinitionVersion } from '../../shared/api/generated/apiextensions-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { type Definition, hasCondition } from './conditions.ts';

type Version = DeepReadonly<CustomResourceDefinitionVersion>;

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
/** While the definition goes nothing new is made. */
const VERBS_OF_THE_DYING = ['delete', 'deletecollection', 'get', 'list', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];
const SCALE = 'io.k8s.api.autoscaling.v1.Scale';

/** A row for each served version, under the accepted names. Source: apiextensions-apiserver customresource_discovery_controller. */
export function resourceRows(definition: Definition): ResourceInfo[] {
  return servedVersions(definition).map((version) => resourceRow(definition, version));
}

export function servedVersions({ spec }: Definition): readonly Version[] {
  return (spec.versions ?? []).filter(({ served }) => served);
}

export function resourceRow(definition: Definition, { name: version, subresources }: Version): ResourceInfo {
  const { spec, status } = definition;
  const accepted = status?.acceptedNames;
  const names = accepted === undefined || accepted.plural === '' ? spec.names : accepted;
  const { plural, kind, singular, shortNames = [], categories = [], listKind } = names;
  const dying = hasCondition(definition, 'Terminating');
  const served = {
    ...(subresources?.status === undefined ? {} : { status: { verbs: SUBRESOURCE_VERBS } }),
    ...(subresources?.scale === undefined ? {} : { scale: { verbs: SUBRESOURCE_VERBS, type: SCALE } }),
  };
  return {
    id: `${plural}.${version}.${spec.group}`,
    group: spec.group,
    version,
    kind,
    plural,
    singular: singular ?? kind.toLowerCase(),
    namespaced: spec.scope === 'Namespaced',
    shortNames,
    categories,
    listKind: listKind ?? `${kind}List`,
    verbs: dying ? VERBS_OF_THE_DYING : VERBS,
    subresources: served,
    type: '',
  };
}

/** What whoever uses a deprecated version is told; undefined: it is not deprecated. */
export function deprecationWarning({ spec }: Definition, version: Version): string | undefined {
  if (version.deprecated !== true) return undefined;
  if (version.deprecationWarning !== undefined) return version.deprecationWarning;
  const newer = (spec.versions ?? []).filter(
    ({ served, deprecated, name }) => served && deprecated !== true && isNewer(name, version.name),
  );
  const [newest] = newer.map(({ name }) => name).sort((a, b) => (isNewer(a, b) ? -1 : 1));
  const text = `${spec.group}/${version.name} ${spec.names.kind} is deprecated`;
  return newest === undefined ? text : `${text}; use ${spec.group}/${newest} ${spec.names.kind}`;
}

/** Stable before beta before alpha, then the higher number. Source: apimachinery version.CompareKubeAwareVersionStrings. */
function isNewer(a: string, b: string): boolean {
  const [left, right] = [rank(a), rank(b)];
  if (left === undefined || right === undefined) return left !== undefined || (right === undefined && a < b);
  for (const [i, part] of left.entries()) if (part !== right[i]) return part > (right[i] ?? 0);
  return false;
}

function rank(version: string): number[] | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (match === null) return undefined;
  return [match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, Number(match[1]), Number(match[3] ?? 0)];
}
