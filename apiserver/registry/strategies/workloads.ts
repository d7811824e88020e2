import { isDeepStrictEqual } from 'node:util';
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../../shared/api/generated/apps-v1.ts';
import type { ReplicationController } from '../../../shared/api/generated/core-v1.ts';
import { validateDaemonSet, validateDaemonSetUpdate } from '../../validation/daemon-set.ts';
import { validateDeployment, validateDeploymentUpdate } from '../../validation/deployment.ts';
import { validateReplicaSet, validateReplicaSetUpdate, validateReplicationController } from '../../validation/replica-set.ts';
import { validateStatefulSet, validateStatefulSetUpdate } from '../../validation/stateful-set.ts';
import type { Strategy } from '../strategy.ts';
import { clearStatus, keepStatus } from './status.ts';
import { typed } from './typed.ts';

const SCALE = { specReplicas: '.spec.replicas', statusReplicas: '.status.replicas' };
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** Annotations count as wanted state too. Source: kubernetes pkg/registry/apps/deployment/strategy.go. */
export const deploymentStrategy: Strategy = {
  validate: (object) => validateDeployment(typed<Deployment>(object)),
  validateUpdate: (object, old) => validateDeploymentUpdate(typed<Deployment>(object), typed<Deployment>(old)),
  countsAsChange: (object, old) =>
    !isDeepStrictEqual(object.spec, old.spec) || !isDeepStrictEqual(object.metadata.annotations ?? {}, old.metadata.annotations ?? {}),
  scale: { ...SCALE, selector: '.spec.selector' },
};

export const replicaSetStrategy: Strategy = {
  validate: (object) => validateReplicaSet(typed<ReplicaSet>(object)),
  validateUpdate: (object, old) => validateReplicaSetUpdate(typed<ReplicaSet>(object), typed<ReplicaSet>(old)),
  selectableFields: (object) => ({ 'status.replicas': String(typed<ReplicaSet>(object).status.replicas ?? 0) }),
  scale: { ...SCALE, selector: '.spec.selector' },
};

export const replicationControllerStrategy: Strategy = {
  validate: (object) => validateReplicationController(typed<ReplicationController>(object)),
  validateUpdate: (object) => validateReplicationController(typed<ReplicationController>(object)),
  selectableFields: (object) => ({ 'status.replicas': String(typed<ReplicationController>(object).status.replicas ?? 0) }),
  scale: { ...SCALE, selector: '.spec.selector' },
};

export const statefulSetStrategy: Strategy = {
  validate: (object) => validateStatefulSet(typed<StatefulSet>(object)),
  validateUpdate: (object, old) => validateStatefulSetUpdate(typed<StatefulSet>(object), typed<StatefulSet>(old)),
  scale: { ...SCALE, selector: '.spec.selector' },
};

/** Counts changes of the template in an annotation, as upstream still does for old clients. */
export const daemonSetStrategy: Strategy = {
  prepareForCreate(object) {
    clearDaemonSetStatus(object);
    setTemplateGeneration(typed<DaemonSet>(object), 1);
  },
  prepareForUpdate(object, old) {
    keepStatus(object, old);
    const [set, before] = [typed<DaemonSet>(object), typed<DaemonSet>(old)];
    const changed = !isDeepStrictEqual(set.spec.template, before.spec.template);
    setTemplateGeneration(set, Number(before.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0) + (changed ? 1 : 0));
  },
  validate: (object) => validateDaemonSet(typed<DaemonSet>(object)),
  validateUpdate: (object, old) => validateDaemonSetUpdate(typed<DaemonSet>(object), typed<DaemonSet>(old)),
};
const clearDaemonSetStatus = clearStatus('io.k8s.api.apps.v1.DaemonSet');

function setTemplateGeneration(set: DaemonSet, generation: number): void {
  set.metadata.annotations = { ...set.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}
