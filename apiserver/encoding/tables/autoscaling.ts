import type { HorizontalPodAutoscaler as HpaV1, Scale } from '../../../shared/api/generated/autoscaling-v1.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../../shared/api/generated/autoscaling-v2.ts';
import type { DeepReadonly, KubeObject } from '../../../shared/api/meta.ts';
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

/** The printer of the `scale` subresource, whatever it belongs to. */
export const scale: Printer = printer<KubeObject & Pick<Scale, 'spec' | 'status'>>(
  [
    column('Name', { description: NAME.description }),
    column('Desired', { type: 'integer' }),
    column('Available', { type: 'integer' }),
    AGE,
  ],
  ({ metadata, spec, status }, now) => [metadata.name, spec.replicas ?? 0, status?.replicas ?? 0, since(metadata.creationTimestamp, now)],
);

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
      return total(spec.external?.target, status?.external?.current);
    case 'Pods':
      return ratio(status?.pods?.current.averageValue, spec.pods?.target.averageValue);
    case 'Object':
      return total(spec.object?.target, status?.object?.current);
    case 'Resource':
      return `${spec.resource?.name}: ${share(spec.resource?.target, status?.resource?.current)}`;
    case 'ContainerResource':
      return `${spec.containerResource?.name}: ${share(spec.containerResource?.target, status?.containerResource?.current)}`;
    default:
      return '<unknown type>';
  }
}

type Target = DeepReadonly<MetricTarget> | undefined;
type Current = DeepReadonly<MetricValueStatus> | undefined;

function total(target: Target, current: Current): string {
  if (target?.averageValue === undefined) return ratio(current?.value, target?.value);
  return `${ratio(current?.averageValue, target.averageValue)} (avg)`;
}

function share(target: Target, current: Current): string {
  if (target?.averageValue !== undefined) return ratio(current?.averageValue, target.averageValue);
  return `${percent(current?.averageUtilization)}/${target?.averageUtilization === undefined ? '<auto>' : percent(target.averageUtilization)}`;
}

function ratio(current: string | undefined, target: string | undefined): string {
  return `${current ?? '<unknown>'}/${target ?? ''}`;
}

function percent(value: number | undefined): string {
  return value === undefined ? '<unknown>' : `${value}%`;
}
