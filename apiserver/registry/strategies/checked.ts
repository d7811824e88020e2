import { isDeepStrictEqual } from 'node:util';
import type { CustomResourceDefinition } from '../../../shared/api/generated/apiextensions-v1.ts';
import type { ControllerRevision } from '../../../shared/api/generated/apps-v1.ts';
import type { HorizontalPodAutoscaler } from '../../../shared/api/generated/autoscaling-v2.ts';
import type { Lease } from '../../../shared/api/generated/coordination-v1.ts';
import type { Endpoints, PodTemplate } from '../../../shared/api/generated/core-v1.ts';
import type { EndpointSlice } from '../../../shared/api/generated/discovery-v1.ts';
import type { Ingress, NetworkPolicy } from '../../../shared/api/generated/networking-v1.ts';
import type { PodDisruptionBudget } from '../../../shared/api/generated/policy-v1.ts';
import type { PriorityClass } from '../../../shared/api/generated/scheduling-v1.ts';
import type { UntypedObject } from '../../../shared/api/meta.ts';
import type { FieldError } from '../../../shared/machinery/api-error.ts';
import { definitionWarnings } from '../../custom-resources/definition-warnings.ts';
import {
  validateCustomResourceDefinition,
  validateCustomResourceDefinitionStatus,
  validateCustomResourceDefinitionUpdate,
} from '../../custom-resources/validate-definition.ts';
import { validateAutoscaler } from '../../validation/autoscaler.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate, validateEndpoints } from '../../validation/endpoints.ts';
import { ErrorList } from '../../validation/error-list.ts';
import { validateIngress } from '../../validation/ingress.ts';
import { validateLease } from '../../validation/lease.ts';
import { FIELD_IMMUTABLE } from '../../validation/names.ts';
import { validatePodTemplate } from '../../validation/pod-spec.ts';
import {
  validateDisruptionBudget,
  validateNetworkPolicy,
  validatePriorityClass,
  validatePriorityClassUpdate,
} from '../../validation/policy.ts';
import type { Strategy } from '../strategy.ts';
import { keepStatus } from './status.ts';
import { typed } from './typed.ts';

/** A strategy whose updates must pass what new objects must pass. */
function checked<T>(validate: (object: T) => FieldError[], validateUpdate?: (object: T, old: T) => FieldError[]): Strategy {
  return {
    validate: (object) => validate(typed<T>(object)),
    validateUpdate: (object, old) =>
      validateUpdate === undefined ? validate(typed<T>(object)) : validateUpdate(typed<T>(object), typed<T>(old)),
  };
}

/** Kinds that add nothing but checks. */
export const CHECKED: Readonly<Record<string, Strategy>> = {
  customresourcedefinitions: {
    ...checked<CustomResourceDefinition>(validateCustomResourceDefinition, validateCustomResourceDefinitionUpdate),
    validateStatusUpdate: (object) => validateCustomResourceDefinitionStatus(typed<CustomResourceDefinition>(object)),
    warnings: (object, old) => definitionWarnings(typed(object), old && typed(old)),
    prepareForCreate(object) {
      const definition = typed<CustomResourceDefinition>(object);
      const storedVersions = (definition.spec.versions ?? []).filter(({ storage }) => storage).map(({ name }) => name);
      object['status'] = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions };
    },
    prepareForUpdate(object, old) {
      keepStatus(object, old);
      const { spec, status } = typed<CustomResourceDefinition>(object);
      const stored = (spec.versions ?? []).find(({ storage }) => storage)?.name;
      if (stored !== undefined && status !== undefined && !(status.storedVersions ?? []).includes(stored)) {
        status.storedVersions = [...(status.storedVersions ?? []), stored];
      }
    },
  },
  controllerrevisions: checked<ControllerRevision>(validateRevision, (now, old) => {
    const errors = new ErrorList();
    if (!isDeepStrictEqual(now.data, old.data)) errors.invalid('data', now.data ?? null, FIELD_IMMUTABLE);
    return [...validateRevision(now), ...errors.items];
  }),
  endpoints: checked<Endpoints>(validateEndpoints),
  endpointslices: {
    ...checked<EndpointSlice>(validateEndpointSlice, validateEndpointSliceUpdate),
    hasGeneration: true,
    countsAsChange: sliceChanged,
  },
  mutatingwebhookconfigurations: { hasGeneration: true, countsAsChange: fieldsChanged },
  validatingwebhookconfigurations: { hasGeneration: true, countsAsChange: fieldsChanged },
  horizontalpodautoscalers: checked<HorizontalPodAutoscaler>(validateAutoscaler),
  'horizontalpodautoscalers.v1.autoscaling': checked<HorizontalPodAutoscaler>(validateAutoscaler),
  ingresses: checked<Ingress>(validateIngress),
  leases: checked<Lease>(validateLease),
  networkpolicies: checked<NetworkPolicy>(validateNetworkPolicy),
  poddisruptionbudgets: checked<PodDisruptionBudget>(validateDisruptionBudget),
  podtemplates: checked<PodTemplate>(({ template }) => {
    const errors = new ErrorList();
    validatePodTemplate(errors, template, 'template');
    return errors.items;
  }),
  priorityclasses: { ...checked<PriorityClass>(validatePriorityClass, validatePriorityClassUpdate), hasGeneration: true },
};

/** For kinds without a spec: `metadata.generation` counts the changes of all but the metadata. */
function fieldsChanged(object: UntypedObject, old: UntypedObject): boolean {
  const fields = ({ metadata: _, ...rest }: UntypedObject): unknown => rest;
  return !isDeepStrictEqual(fields(object), fields(old));
}

/** Labels of a slice say whose it is. Source: kubernetes pkg/registry/discovery/endpointslice/strategy.go. */
function sliceChanged(object: UntypedObject, old: UntypedObject): boolean {
  return fieldsChanged(object, old) || !isDeepStrictEqual(object.metadata.labels ?? {}, old.metadata.labels ?? {});
}

function validateRevision({ revision, data }: ControllerRevision): FieldError[] {
  const errors = new ErrorList();
  if (data === undefined || data === null) errors.required('data', 'data is mandatory');
  errors.nonNegative('revision', revision);
  return errors.items;
}
