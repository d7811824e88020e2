import type { HorizontalPodAutoscaler as HpaV1 } from '../../../shared/api/generated/autoscaling-v1.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../../shared/api/generated/autoscaling-v2.ts';
import type { DeepReadonly } from '../../../shared/api/meta.ts';
import { since } from './human-duration.ts';
import { AGE, column, NAME, type Printer, printer } from './printer.ts';

/** Most metrics in one cell. */
const SHOWN = 2;
const COLUMNS = [NAME, column('Reference'), column('Targets'), column('MinPods'), column('MaxPods'), column('Replicas'), AGE];

/** Printers of HorizontalPodAutoscalers in both versions. */
export const autoscaling: Readonly<Record<string, Printer>> = {
  horizontalpodautoscalers: printer<HorizontalPodAutoscaler>(COLUMNS, ({ metadata, spec, status }, now) => [
    metadata.name,
    `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    formatMetrics(spec.metrics ?? [], status?.currentMetrics ?? []),
    spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec.maxReplicas,
    status?.currentReplicas ?? 0,
    since(metadata.creationTimestamp, now),
  ]),
  'horizontalpodautoscalers.v1.autoscaling': printer<HpaV1>(COLUMNS, ({ metadata, spec, status }, now) => {
    const target = spec.targetCPUUtilizationPercentage;
    return [
      metadata.name,
      `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
      target === undefined ? '<none>' : `cpu: ${percent(status?.currentCPUUtilizationPercentage)}/${target}%`,
      spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
      spec.maxReplicas,
      status?.currentReplicas ?? 0,
      since(metadata.creationTimestamp, now),
    ];
  }),
};

/** Source: kubernetes pkg/printers/internalversion formatHPAMetrics. */
function formatMetrics(specs: DeepReadonly<MetricSpec[]>, statuses: DeepReadonly<MetricStatus[]>): string {
  if (specs.length === 0) return '<none>';
  const texts = specs.map((spec, i) => formatMetric(spec, statuses[i]));
  const text = texts.slice(0, SHOWN).join(', ');
  return texts.length > SHOWN ? `${text} + ${texts.length - SHOWN} more...` : text;
}

function formatMetric(spec: DeepReadonly<MetricSpec>, status: DeepReadonly<MetricStatus> | undefined): string {
  switch (spec.type) {
    case 'External':
      return values(spec.external?.target, status?.external?.current);
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? '<unknown>'}/${spec.pods?.target.averageValue ?? ''}`;
    case 'Object':
      return values(spec.object?.target, status?.object?.current);
    case 'Resource':
      return `${spec.resource?.name}: ${values(spec.resource?.target, status?.resource?.current)}`;
    case 'ContainerResource':
      return `${spec.containerResource?.name}: ${values(spec.containerResource?.target, status?.containerResource?.current)}`;
    default:
      return '<unknown type>';
  }
}

function values(target: DeepReadonly<MetricTarget> | undefined, current: DeepReadonly<MetricValueStatus> | undefined): string {
  if (target?.averageValue !== undefined) {
    const average = `${current?.averageValue ?? '<unknown>'}/${target.averageValue}`;
    return target.type === 'AverageValue' ? average : `${average} (avg)`;
  }
  if (target?.averageUtilization !== undefined) return `${percent(current?.averageUtilization)}/${target.averageUtilization}%`;
  if (target?.value !== undefined) return `${current?.value ?? '<unknown>'}/${target.value}`;
  return '<unknown>/<auto>';
}

function percent(value: number | undefined): string {
  return value === undefined ? '<unknown>' : `${value}%`;
}
