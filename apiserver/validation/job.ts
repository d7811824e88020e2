import { isDeepStrictEqual } from 'node:util';
import type { CronJob, Job, JobSpec } from '../../shared/api/generated/batch-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { cronProblem } from './cron.ts';
import { ErrorList } from './error-list.ts';
import { FIELD_IMMUTABLE, maxLength } from './names.ts';
import { validatePodTemplate } from './pod-spec.ts';
import { selectsTemplate, validateLabelSelector } from './selectors.ts';

/** Characters; 11 are left for the time that the jobs' names end with. */
const CRON_JOB_NAME_LIMIT = 52;
const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** Source: kubernetes pkg/apis/batch/validation ValidateJob. */
export function validateJob({ spec }: Job): FieldError[] {
  const errors = new ErrorList();
  if (spec.selector === undefined || spec.selector === null) errors.required('spec.selector');
  else {
    validateLabelSelector(errors, spec.selector, 'spec.selector');
    const labels = spec.template.metadata?.labels;
    if (!selectsTemplate(spec.selector, labels)) {
      errors.invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`');
    }
  }
  validateJobSpec(errors, spec, 'spec');
  return errors.items;
}

function validateJobSpec(errors: ErrorList, spec: JobSpec, path: string): void {
  for (const field of COUNTS) errors.nonNegative(`${path}.${field}`, spec[field]);
  const mode = spec.completionMode;
  if (mode !== undefined) {
    if (mode !== 'Indexed' && mode !== 'NonIndexed') errors.notSupported(`${path}.completionMode`, mode, ['Indexed', 'NonIndexed']);
    if (mode === 'Indexed' && spec.completions === undefined) errors.required(`${path}.completions`, `when completion mode is ${mode}`);
  }
  if (mode !== 'Indexed') {
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
      if (spec[field] !== undefined) errors.invalid(`${path}.${field}`, spec[field], 'requires indexed completion mode');
    }
  }
  validatePodTemplate(errors, spec.template, `${path}.template`);
  const policy = spec.template.spec?.restartPolicy;
  const field = `${path}.template.spec.restartPolicy`;
  if (policy === 'Always') errors.required(field, 'valid values: "OnFailure", "Never"');
  else if (policy !== undefined && policy !== 'OnFailure' && policy !== 'Never') errors.notSupported(field, policy, ['OnFailure', 'Never']);
  else if (spec.podFailurePolicy !== undefined && policy !== 'Never') {
    errors.invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified');
  }
}

export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const errors = new ErrorList();
  const unchanged = ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;
  if (job.spec.completionMode !== 'Indexed' && job.spec.completions !== old.spec.completions) {
    errors.invalid('spec.completions', job.spec.completions ?? null, FIELD_IMMUTABLE);
  }
  for (const field of unchanged) {
    if (!isDeepStrictEqual(job.spec[field], old.spec[field])) errors.invalid(`spec.${field}`, job.spec[field] ?? null, FIELD_IMMUTABLE);
  }
  const startable = old.spec.suspend === true && (old.status.startTime === undefined || old.status.startTime === null);
  if (!startable && !isDeepStrictEqual(job.spec.template, old.spec.template))
    errors.invalid('spec.template', job.spec.template, FIELD_IMMUTABLE);
  return [...validateJob(job), ...errors.items];
}

/** Source: kubernetes pkg/apis/batch/validation ValidateCronJob. */
export function validateCronJob({ metadata, spec }: CronJob): FieldError[] {
  const { name = '' } = metadata;
  const errors = new ErrorList();
  if (spec.schedule === '') errors.required('spec.schedule');
  else {
    const problem = cronProblem(spec.schedule);
    if (problem !== undefined) errors.invalid('spec.schedule', spec.schedule, problem);
    else if (/TZ/.test(spec.schedule)) errors.invalid('spec.schedule', spec.schedule, 'cannot use TZ or CRON_TZ in schedule');
  }
  errors.nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds);
  if (spec.timeZone !== undefined) validateTimeZone(errors, spec.timeZone);
  errors.oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']);
  validateJobSpec(errors, spec.jobTemplate.spec, 'spec.jobTemplate.spec');
  errors.nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit);
  errors.nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit);
  if (name.length > CRON_JOB_NAME_LIMIT) errors.invalid('metadata.name', name, maxLength(CRON_JOB_NAME_LIMIT));
  return errors.items;
}

function validateTimeZone(errors: ErrorList, zone: string): void {
  if (zone === '') return errors.invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string');
  if (zone.toLowerCase() === 'local')
    return errors.invalid('spec.timeZone', zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones');
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    errors.invalid('spec.timeZone', zone, `unknown time zone ${zone}`);
  }
}
