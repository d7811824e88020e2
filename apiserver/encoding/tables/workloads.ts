import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../../shared/api/generated/apps-v1.ts';
import type { CronJob, Job } from '../../../shared/api/generated/batch-v1.ts';
import type { PodTemplate, ReplicationController } from '../../../shared/api/generated/core-v1.ts';
import type { PodDisruptionBudget } from '../../../shared/api/generated/policy-v1.ts';
import { controllerOf, type DeepReadonly } from '../../../shared/api/meta.ts';
import { humanDuration, since } from './human-duration.ts';
import {
  AGE,
  column,
  containerImages,
  containerNames,
  formatLabelSelector,
  formatLabels,
  NAME,
  type Printer,
  printer,
  wide,
} from './printer.ts';

const integer = { type: 'integer' };
const TEMPLATE = [
  wide('Containers', 'Names of each container in the template.'),
  wide('Images', 'Images referenced by each container in the template.'),
];
const REPLICAS = [
  NAME,
  column('Desired', integer),
  column('Current', integer),
  column('Ready', integer),
  AGE,
  ...TEMPLATE,
  wide('Selector'),
];

/** Printers of what makes pods. */
export const workloads: Readonly<Record<string, Printer>> = {
  deployments: printer<Deployment>(
    [
      NAME,
      column('Ready', { description: 'Number of the pod with ready state' }),
      column('Up-to-date', {
        description: 'Total number of non-terminated pods targeted by this deployment that have the desired template spec.',
      }),
      column('Available', {
        description: 'Total number of available pods (ready for at least minReadySeconds) targeted by this deployment.',
      }),
      AGE,
      ...TEMPLATE,
      wide(
        'Selector',
        'Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment.',
      ),
    ],
    ({ metadata, spec, status }, now) => [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      since(metadata.creationTimestamp, now),
      ...templateCells(spec.template),
      formatLabelSelector(spec.selector),
    ],
  ),
  replicasets: printer<ReplicaSet>(REPLICAS, ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.replicas ?? 1,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    since(metadata.creationTimestamp, now),
    ...templateCells(spec.template),
    formatLabelSelector(spec.selector),
  ]),
  replicationcontrollers: printer<ReplicationController>(REPLICAS, ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.replicas ?? 1,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    since(metadata.creationTimestamp, now),
    ...templateCells(spec.template),
    formatLabels(spec.selector),
  ]),
  statefulsets: printer<StatefulSet>([NAME, column('Ready'), AGE, ...TEMPLATE], ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
    since(metadata.creationTimestamp, now),
    ...templateCells(spec.template),
  ]),
  daemonsets: printer<DaemonSet>(
    [
      NAME,
      column('Desired', integer),
      column('Current', integer),
      column('Ready', integer),
      column('Up-to-date', integer),
      column('Available', integer),
      column('Node Selector'),
      AGE,
      ...TEMPLATE,
      wide('Selector'),
    ],
    ({ metadata, spec, status }, now) => [
      metadata.name,
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      formatLabels(spec.template.spec?.nodeSelector),
      since(metadata.creationTimestamp, now),
      ...templateCells(spec.template),
      formatLabelSelector(spec.selector),
    ],
  ),
  jobs: printer<Job>(
    [NAME, column('Status'), column('Completions'), column('Duration'), AGE, ...TEMPLATE, wide('Selector')],
    (job, now) => [
      job.metadata.name,
      jobStatus(job),
      jobCompletions(job),
      jobDuration(job, now),
      since(job.metadata.creationTimestamp, now),
      ...templateCells(job.spec.template),
      formatLabelSelector(job.spec.selector),
    ],
  ),
  cronjobs: printer<CronJob>(
    [
      NAME,
      column('Schedule'),
      column('Timezone'),
      column('Suspend', { type: 'boolean' }),
      column('Active', integer),
      column('Last Schedule'),
      AGE,
      ...TEMPLATE,
      wide('Selector'),
    ],
    ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.schedule,
      spec.timeZone ?? '<none>',
      spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
      status?.active?.length ?? 0,
      status?.lastScheduleTime === undefined ? '<none>' : since(status.lastScheduleTime, now),
      since(metadata.creationTimestamp, now),
      ...templateCells(spec.jobTemplate.spec?.template),
      formatLabelSelector(spec.jobTemplate.spec?.selector),
    ],
  ),
  podtemplates: printer<PodTemplate>([NAME, column('Containers'), column('Images'), column('Pod Labels')], ({ metadata, template }) => [
    metadata.name,
    ...templateCells(template),
    formatLabels(template?.metadata?.labels),
  ]),
  controllerrevisions: printer<ControllerRevision>([NAME, column('Controller'), column('Revision'), AGE], (revision, now) => [
    revision.metadata.name,
    ownerName(revision),
    revision.revision,
    since(revision.metadata.creationTimestamp, now),
  ]),
  poddisruptionbudgets: printer<PodDisruptionBudget>(
    [NAME, column('Min Available'), column('Max Unavailable'), column('Allowed Disruptions', integer), AGE],
    ({ metadata, spec, status }, now) => [
      metadata.name,
      spec.minAvailable === undefined ? 'N/A' : String(spec.minAvailable),
      spec.maxUnavailable === undefined ? 'N/A' : String(spec.maxUnavailable),
      status?.disruptionsAllowed ?? 0,
      since(metadata.creationTimestamp, now),
    ],
  ),
};

function templateCells(template: DeepReadonly<PodTemplate['template']> | undefined): string[] {
  return [containerNames(template?.spec?.containers), containerImages(template?.spec?.containers)];
}

function jobStatus({ metadata, status }: DeepReadonly<Job>): string {
  const has = (type: string): boolean => (status?.conditions ?? []).some((c) => c.type === type && c.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function jobCompletions({ spec, status }: DeepReadonly<Job>): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  return (spec.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`;
}

function jobDuration({ status }: DeepReadonly<Job>, now: number): string {
  if (status?.startTime === undefined) return '';
  return humanDuration((status.completionTime === undefined ? now : Date.parse(status.completionTime)) - Date.parse(status.startTime));
}

function ownerName(object: DeepReadonly<ControllerRevision>): string {
  const owner = controllerOf(object);
  if (owner === undefined) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}
