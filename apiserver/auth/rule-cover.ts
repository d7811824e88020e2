import type { PolicyRule } from '../../shared/api/generated/rbac-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { pathMatches } from './rbac.ts';

type Rule = DeepReadonly<PolicyRule>;

/** The parts of `wanted` that no rule of `held` covers alone, as upstream prints them. Source: component-helpers auth/rbac/validation Covers. */
export function uncovered(held: readonly Rule[], wanted: readonly Rule[]): string[] {
  const missing = new Map<string, Rule & { verbs: string[] }>();
  for (const part of wanted.flatMap(singles)) {
    if (held.some((owner) => covers(owner, part))) continue;
    const about = described({ ...part, verbs: [] });
    const same = missing.get(about);
    if (same === undefined) missing.set(about, { ...part, verbs: [...part.verbs] });
    else if (!same.verbs.includes(part.verbs[0] ?? '')) same.verbs.push(...part.verbs);
  }
  return [...missing.values()].map(described).sort();
}

/** A rule as many that each name one verb of one thing. */
function singles({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: Rule): Rule[] {
  const names = resourceNames.length === 0 ? [{}] : resourceNames.map((name) => ({ resourceNames: [name] }));
  return verbs.flatMap((verb) => [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) => names.map((name) => ({ apiGroups: [group], resources: [resource], ...name, verbs: [verb] }))),
    ),
    ...nonResourceURLs.map((url) => ({ nonResourceURLs: [url], verbs: [verb] })),
  ]);
}

function covers(owner: Rule, part: Rule): boolean {
  const all = (wanted: readonly string[] | undefined, has: (one: string) => boolean): boolean => (wanted ?? []).every(has);
  const named = (list: readonly string[] | undefined, one: string): boolean => list?.some((item) => item === '*' || item === one) ?? false;
  const names = owner.resourceNames ?? [];
  return (
    all(part.verbs, (verb) => named(owner.verbs, verb)) &&
    all(part.apiGroups, (group) => named(owner.apiGroups, group)) &&
    all(part.resources, (resource) => named(owner.resources, resource) || named(owner.resources, `*/${resource.split('/')[1] ?? ''}`)) &&
    all(part.nonResourceURLs, (url) => owner.nonResourceURLs?.some((pattern) => pathMatches(pattern, url)) ?? false) &&
    (names.length === 0 || ((part.resourceNames ?? []).length > 0 && all(part.resourceNames, (name) => names.includes(name))))
  );
}

/** Source: kubernetes pkg/apis/rbac/v1 CompactString. */
function described(rule: Rule): string {
  const list = (name: string, items: readonly string[] | undefined): string[] =>
    (items ?? []).length === 0 ? [] : [`${name}:[${(items ?? []).map((item) => JSON.stringify(item)).join(' ')}]`];
  return `{${[
    ...list('APIGroups', rule.apiGroups),
    ...list('Resources', rule.resources),
    ...list('NonResourceURLs', rule.nonResourceURLs),
    ...list('ResourceNames', rule.resourceNames),
    ...list('Verbs', rule.verbs),
  ].join(', ')}}`;
}
