import { isDeepStrictEqual } from 'node:util';
import type { Node } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { NodeAspect } from '../framework/plugin.ts';

/** What changed of a node that scheduling looks at; empty for heartbeats. */
export function changedAspects(previous: DeepReadonly<Node>, node: DeepReadonly<Node>): ReadonlySet<NodeAspect> {
  const changed = new Set<NodeAspect>();
  if (!isDeepStrictEqual(previous.status.allocatable, node.status.allocatable)) changed.add('allocatable');
  if (!isDeepStrictEqual(previous.metadata.labels, node.metadata.labels)) changed.add('labels');
  if (!isDeepStrictEqual(previous.spec.taints, node.spec.taints)) changed.add('taints');
  if (previous.spec.unschedulable !== node.spec.unschedulable) changed.add('unschedulable');
  return changed;
}
