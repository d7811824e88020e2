import type { HorizontalPodAutoscaler, MetricSpec } from '../../shared/api/generated/autoscaling-v2.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { pathSegment } from './names.ts';

const SOURCES = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;

/** Both versions share what they have in common. Source: kubernetes pkg/apis/autoscaling/validation. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const errors = new ErrorList();
  const { minReplicas, maxReplicas } = spec;
  if (minReplicas !== undefined && minReplicas < 1) errors.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1');
  if (maxReplicas < 1) errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0');
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
  }
  for (const field of ['kind', 'name'] as const) {
    const value = spec.scaleTargetRef[field];
    if (value === '') errors.required(`spec.scaleTargetRef.${field}`);
    else errors.invalidAll(`spec.scaleTargetRef.${field}`, value, pathSegment(value));
  }
  (spec.metrics ?? []).forEach((metric, i) => void validateMetric(errors, metric, `spec.metrics[${i}]`));
  return errors.items;
}

function validateMetric(errors: ErrorList, metric: MetricSpec, at: string): void {
  const type: string = metric.type;
  if (type === '') return errors.required(`${at}.type`, 'must specify a metric source type');
  if (!Object.hasOwn(SOURCES, type)) return errors.notSupported(`${at}.type`, type, Object.keys(SOURCES));
  const wanted = SOURCES[type as keyof typeof SOURCES];
  for (const source of Object.values(SOURCES)) {
    if (metric[source] !== undefined && source !== wanted)
      errors.forbidden(`${at}.${source}`, 'must populate the given metric source only');
  }
  if (metric[wanted] === undefined) errors.required(`${at}.${wanted}`, 'must populate information for the given metric source');
}
