import { fill, type JsonRecord, recordAt, recordsAt } from '../record.ts';
import type { Defaults } from './defaults.ts';
import { defaultPodTemplate } from './pod.ts';

/** Source: kubernetes pkg/apis/batch/v1/defaults.go. */
export const BATCH_DEFAULTS: Defaults = { 'batch/v1/Job': defaultJob, 'batch/v1/CronJob': defaultCronJob };

const UNLIMITED = 2 ** 31 - 1;

function defaultJob(job: JsonRecord): void {
  const spec = recordAt(job, 'spec');
  if (spec === undefined) return;
  const template = recordAt(spec, 'template');
  defaultPodTemplate(template);
  defaultRules(spec);
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1;
  fill(spec, 'parallelism', 1);
  fill(spec, 'backoffLimit', spec['backoffLimitPerIndex'] === undefined ? 6 : UNLIMITED);
  const labels = recordAt(recordAt(template, 'metadata'), 'labels');
  const metadata = recordAt(job, 'metadata');
  if (labels !== undefined && metadata !== undefined) fill(metadata, 'labels', { ...labels });
  fill(spec, 'completionMode', 'NonIndexed');
  fill(spec, 'suspend', false);
  fill(spec, 'podReplacementPolicy', spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed');
}

function defaultCronJob(cronJob: JsonRecord): void {
  const spec = recordAt(cronJob, 'spec');
  if (spec === undefined) return;
  const jobSpec = recordAt(recordAt(spec, 'jobTemplate'), 'spec');
  defaultPodTemplate(recordAt(jobSpec, 'template'));
  if (jobSpec !== undefined) defaultRules(jobSpec);
  fill(spec, 'concurrencyPolicy', 'Allow');
  fill(spec, 'suspend', false);
  fill(spec, 'successfulJobsHistoryLimit', 3);
  fill(spec, 'failedJobsHistoryLimit', 1);
}

function defaultRules(spec: JsonRecord): void {
  for (const rule of recordsAt(recordAt(spec, 'podFailurePolicy'), 'rules')) {
    for (const pattern of recordsAt(rule, 'onPodConditions')) fill(pattern, 'status', 'True');
  }
}
