import type { ReplicaSet } from '../replicaset/plan-replicas.ts';
import { type Deployment, desiredReplicas, maxSurge } from './replica-sets.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

type Annotations = Record<string, string>;

/** Annotations of the deployment that its sets do not inherit. */
const NOT_INHERITED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);
/** Longest revision history kept on a set, characters. Source: kubernetes deployment controller maxRevHistoryLengthInChars. */
const HISTORY_CHARACTERS = 2000;

export function revisionOf(set: ReplicaSet): number {
  const text = set.metadata.annotations?.[REVISION] ?? '';
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** The annotations that the deployment's current set should have. `exists`: false for a set about to be created. */
export function currentSetAnnotations(
  deployment: Deployment,
  existing: Readonly<Annotations> | undefined,
  newRevision: number,
  exists: boolean,
): Annotations {
  const annotations: Annotations = { ...existing };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!NOT_INHERITED.has(key)) annotations[key] = value;
  const oldText = annotations[REVISION];
  if (oldText !== undefined && oldText !== '' && !/^-?\d+$/.test(oldText)) return annotations;
  if (Number(oldText ?? 0) < newRevision) {
    annotations[REVISION] = String(newRevision);
    if (oldText !== undefined) appendHistory(annotations, oldText); // the deployment is being rolled back to this set
  }
  return exists ? annotations : { ...annotations, ...scaleAnnotations(deployment) };
}

/** What a set remembers of the deployment's size, for scaling in proportion later. */
export function scaleAnnotations(deployment: Deployment): Annotations {
  const replicas = desiredReplicas(deployment);
  return { [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(replicas + maxSurge(deployment)) };
}

/** A whole-number annotation, or undefined where it is missing or unreadable. */
export function numberAnnotation(set: ReplicaSet, key: string): number | undefined {
  const text = set.metadata.annotations?.[key];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

function appendHistory(annotations: Annotations, oldRevision: string): void {
  const history = annotations[REVISION_HISTORY] ?? '';
  const revisions = history === '' ? [oldRevision] : [...history.split(','), oldRevision];
  while (revisions.length > 1 && revisions.join(',').length > HISTORY_CHARACTERS) revisions.shift();
  annotations[REVISION_HISTORY] = revisions.join(',');
}
