import type {
  ConfigMap,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  ResourceQuota,
  Secret,
} from '../../../shared/api/generated/core-v1.ts';
import type { Event as EventsEvent } from '../../../shared/api/generated/events-v1.ts';
import { timestamp } from '../../../shared/machinery/clock.ts';
import { validateConfigMap, validateConfigMapUpdate, validateSecret, validateSecretUpdate } from '../../validation/config.ts';
import { validateEvent, validateNewEvent } from '../../validation/event.ts';
import { labelName } from '../../validation/names.ts';
import { validateNamespace } from '../../validation/namespace.ts';
import { validateNode, validateNodeUpdate } from '../../validation/node.ts';
import { validateLimitRange, validateResourceQuota } from '../../validation/quota.ts';
import { validateClaim, validateClaimUpdate, validatePersistentVolume, validatePersistentVolumeUpdate } from '../../validation/storage.ts';
import type { Strategy } from '../strategy.ts';
import { keepStatus } from './status.ts';
import { typed } from './typed.ts';

/** Source: kubernetes pkg/registry/core/namespace/strategy.go. */
export const namespaceStrategy: Strategy = {
  prepareForCreate(object) {
    const namespace = typed<Namespace>(object);
    const finalizers = namespace.spec.finalizers ?? [];
    namespace.spec.finalizers = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'];
    const { name = '', labels } = namespace.metadata;
    if (name !== '') namespace.metadata.labels = { ...labels, 'kubernetes.io/metadata.name': name };
    object['status'] = { phase: 'Active' };
  },
  validate: (object) => validateNamespace(typed<Namespace>(object)),
  prepareForUpdate(object, old) {
    object['spec'] = structuredClone(old['spec']);
    keepStatus(object, old);
  },
  validateUpdate: () => [],
  validateName: labelName,
  hasGeneration: false,
  selectableFields: (object) => ({ 'status.phase': typed<Namespace>(object).status.phase ?? '' }),
};

/** Nodes are created with their status: kubelets register themselves. Source: kubernetes pkg/registry/core/node/strategy.go. */
export const nodeStrategy: Strategy = {
  prepareForCreate() {},
  validate: (object) => validateNode(typed<Node>(object)),
  prepareForUpdate: keepStatus,
  validateUpdate: (object, old) => validateNodeUpdate(typed<Node>(object), typed<Node>(old)),
  hasGeneration: false,
  selectableFields: (object) => ({ 'spec.unschedulable': String(typed<Node>(object).spec.unschedulable === true) }),
};

export const configMapStrategy: Strategy = {
  validate: (object) => validateConfigMap(typed<ConfigMap>(object)),
  validateUpdate: (object, old) => validateConfigMapUpdate(typed<ConfigMap>(object), typed<ConfigMap>(old)),
};

export const secretStrategy: Strategy = {
  prepareForCreate: mergeStringData,
  prepareForUpdate: mergeStringData,
  validate: (object) => validateSecret(typed<Secret>(object)),
  validateUpdate: (object, old) => validateSecretUpdate(typed<Secret>(object), typed<Secret>(old)),
  selectableFields: (object) => ({ type: typed<Secret>(object).type ?? '' }),
};

/** `stringData` is for writing only: it goes into `data`. */
function mergeStringData(object: Parameters<NonNullable<Strategy['validate']>>[0]): void {
  const secret = typed<Secret>(object);
  if (secret.stringData === undefined) return;
  const plain = Object.entries(secret.stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  secret.data = { ...secret.data, ...Object.fromEntries(plain) };
  delete secret.stringData;
}

export const eventStrategy: Strategy = {
  validate: (object) => validateEvent(typed<Event>(object)),
  validateUpdate: (object) => validateEvent(typed<Event>(object)),
  selectableFields(object) {
    const event = typed<Partial<Event>>(object);
    return eventFields({ ...event, object: event.involvedObject, source: event.source?.component || event.reportingComponent });
  },
};

export const eventsEventStrategy: Strategy = {
  validate: (object) => validateNewEvent(typed<EventsEvent>(object)),
  selectableFields(object) {
    const event = typed<Partial<EventsEvent>>(object);
    const source = event.deprecatedSource?.component || event.reportingController;
    return eventFields({ ...event, object: event.regarding, source, reportingComponent: event.reportingController });
  },
};

interface EventParts {
  object: Partial<Event['involvedObject']> | undefined;
  reason?: string | undefined;
  reportingComponent?: string | undefined;
  source: string | undefined;
  type?: string | undefined;
}

function eventFields({ object, reason, reportingComponent, source, type }: EventParts): Record<string, string> {
  return {
    'involvedObject.kind': object?.kind ?? '',
    'involvedObject.namespace': object?.namespace ?? '',
    'involvedObject.name': object?.name ?? '',
    'involvedObject.uid': object?.uid ?? '',
    'involvedObject.apiVersion': object?.apiVersion ?? '',
    'involvedObject.resourceVersion': object?.resourceVersion ?? '',
    'involvedObject.fieldPath': object?.fieldPath ?? '',
    reason: reason ?? '',
    reportingComponent: reportingComponent ?? '',
    source: source ?? '',
    type: type ?? '',
  };
}

/** Source: kubernetes pkg/registry/core/persistentvolume/strategy.go. */
export const persistentVolumeStrategy: Strategy = {
  prepareForCreate(object, { now }) {
    typed<PersistentVolume>(object).status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(now) };
  },
  validate: (object) => validatePersistentVolume(typed<PersistentVolume>(object)),
  validateUpdate: (object, old) => validatePersistentVolumeUpdate(typed<PersistentVolume>(object), typed<PersistentVolume>(old)),
};

export const claimStrategy: Strategy = {
  prepareForCreate(object) {
    object['status'] = { phase: 'Pending' };
  },
  validate: (object) => validateClaim(typed<PersistentVolumeClaim>(object)),
  validateUpdate: (object, old) => validateClaimUpdate(typed<PersistentVolumeClaim>(object), typed<PersistentVolumeClaim>(old)),
};

export const resourceQuotaStrategy: Strategy = {
  validate: (object) => validateResourceQuota(typed<ResourceQuota>(object)),
  validateUpdate: (object) => validateResourceQuota(typed<ResourceQuota>(object)),
};

export const limitRangeStrategy: Strategy = {
  validate: (object) => validateLimitRange(typed<LimitRange>(object)),
  validateUpdate: (object) => validateLimitRange(typed<LimitRange>(object)),
};
