import type { NamespaceCondition } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';

/** What one round of deleting a namespace's content came to. */
export interface ContentReport {
  /** Why resources could not be found out. */
  discoveryError?: string;
  /** Messages of deletions that failed. */
  failures: readonly string[];
  /** What is left, by resource. */
  remaining: readonly { resource: string; group: string; count: number; finalizers: readonly string[] }[];
}

/** The conditions that tell why a namespace is still there. Source: kubernetes pkg/controller/namespace/deletion status_condition_utils.go. */
export function namespaceConditions(
  old: readonly DeepReadonly<NamespaceCondition>[] | undefined,
  { discoveryError, failures, remaining }: ContentReport,
  now: number,
): NamespaceCondition[] {
  const resources = remaining.map(({ resource, group, count }) => `${resource}.${group} has ${count} resource instances`).sort();
  const finalizers = [...countFinalizers(remaining)].map(([name, count]) => `${name} in ${count} resource instances`).sort();
  const reports = [
    report(
      'NamespaceDeletionDiscoveryFailure',
      discoveryError !== undefined,
      ['DiscoveryFailed', `Discovery failed for some groups, ${discoveryError}`],
      ['ResourcesDiscovered', 'All resources successfully discovered'],
    ),
    report(
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      ['', ''],
      ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    ),
    report(
      'NamespaceDeletionContentFailure',
      failures.length > 0,
      ['ContentDeletionFailed', failureMessage(failures)],
      ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    ),
    report(
      'NamespaceContentRemaining',
      resources.length > 0,
      ['SomeResourcesRemain', `Some resources are remaining: ${resources.join(', ')}`],
      ['ContentRemoved', 'All content successfully removed'],
    ),
    report(
      'NamespaceFinalizersRemaining',
      finalizers.length > 0,
      ['SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`],
      ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
    ),
  ];
  const own = new Set(reports.map(({ type }) => type));
  const updated = reports.map((condition): NamespaceCondition => {
    const current = old?.find(({ type }) => type === condition.type);
    const lastTransitionTime = current?.status === condition.status ? current.lastTransitionTime : timestamp(now);
    return { ...condition, lastTransitionTime };
  });
  return [...(old ?? []).filter(({ type }) => !own.has(type)), ...updated];
}

type Text = [reason: string, message: string];

function report(
  type: string,
  bad: boolean,
  [badReason, badMessage]: Text,
  [goodReason, goodMessage]: Text,
): Omit<NamespaceCondition, 'lastTransitionTime'> {
  return bad
    ? { type, status: 'True', reason: badReason, message: badMessage }
    : { type, status: 'False', reason: goodReason, message: goodMessage };
}

function failureMessage(failures: readonly string[]): string {
  return `Failed to delete all resource types, ${failures.length} remaining: ${[...failures].sort().join(', ')}`;
}

function countFinalizers(remaining: ContentReport['remaining']): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { finalizers } of remaining) for (const name of finalizers) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
