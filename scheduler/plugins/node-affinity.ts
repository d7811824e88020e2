import type { NodeSelectorRequirement, NodeSelectorTerm } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ClusterEvent, FilterPlugin, ScorePlugin } from '../framework/plugin.ts';
import { FITS, unschedulable, type Verdict } from '../framework/verdict.ts';
import type { NodeInfo } from '../state/node-info.ts';
import type { PodInfo } from '../state/pod-info.ts';

const NO_MATCH = unschedulable(["node(s) didn't match Pod's node affinity/selector"], { resolvable: false });

/** `nodeSelector` and required node affinity rule nodes out; preferred node affinity adds its weights. */
export class NodeAffinity implements FilterPlugin, ScorePlugin {
  readonly name = 'NodeAffinity';
  readonly weight = 2;
  readonly normalize = 'scaled';
  skips({ pod: { spec } }: PodInfo): boolean {
    return spec.nodeSelector === undefined && spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution === undefined;
  }
  filter({ pod: { spec } }: PodInfo, { node, name }: NodeInfo): Verdict {
    const labels = node?.metadata.labels ?? {};
    for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (labels[key] !== value) return NO_MATCH;
    const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (required === undefined) return FITS;
    return required.nodeSelectorTerms.some((term) => termMatches(term, labels, name)) ? FITS : NO_MATCH;
  }
  skipsScore({ pod: { spec } }: PodInfo): boolean {
    return (spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length === 0;
  }
  score({ pod: { spec } }: PodInfo, { node, name }: NodeInfo): number {
    let sum = 0;
    for (const { weight, preference } of spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      if (weight !== 0 && termMatches(preference, node?.metadata.labels ?? {}, name)) sum += weight;
    return sum;
  }
  mayHelp(event: ClusterEvent, pod: PodInfo): boolean {
    if (event.type === 'pod-removed') return false;
    return (event.type === 'node-added' || event.changed.has('labels')) && this.filter(pod, event.node).fits;
  }
}

/** All expressions and fields of a term must hold; a term with neither matches nothing. Source: component-helpers nodeaffinity. */
export function termMatches(term: DeepReadonly<NodeSelectorTerm>, labels: Readonly<Record<string, string>>, nodeName: string): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  return (
    expressions.every((expression) => holds(expression, Object.hasOwn(labels, expression.key) ? labels[expression.key] : undefined)) &&
    fields.every((field) => field.key === 'metadata.name' && holds(field, nodeName))
  );
}

function holds({ operator, values = [] }: DeepReadonly<NodeSelectorRequirement>, actual: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
    case 'Lt': {
      const limit = values[0];
      if (actual === undefined || limit === undefined || !INTEGER.test(actual) || !INTEGER.test(limit)) return false;
      return operator === 'Gt' ? BigInt(actual) > BigInt(limit) : BigInt(actual) < BigInt(limit);
    }
    default:
      return false;
  }
}

const INTEGER = /^[+-]?\d+$/;
