import type { CronJob, Job } from '../../../shared/api/generated/batch-v1.ts';
import { validateCronJob, validateJob, validateJobUpdate } from '../../validation/job.ts';
import type { Strategy } from '../strategy.ts';
import { clearStatus } from './status.ts';
import { typed } from './typed.ts';

const clearJobStatus = clearStatus('io.k8s.api.batch.v1.Job');

/** A job selects its pods by its own uid, so the registry must have drawn it. Source: kubernetes pkg/registry/batch/job/strategy.go. */
export const jobStrategy: Strategy = {
  prepareForCreate(object) {
    clearJobStatus(object);
    const job = typed<Job>(object);
    if (job.spec.manualSelector !== true) selectByUid(job);
  },
  validate: (object) => validateJob(typed<Job>(object)),
  validateUpdate: (object, old) => validateJobUpdate(typed<Job>(object), typed<Job>(old)),
  selectableFields: (object) => ({ 'status.successful': String(typed<Job>(object).status.succeeded ?? 0) }),
};

export const cronJobStrategy: Strategy = {
  validate: (object) => validateCronJob(typed<CronJob>(object)),
  validateUpdate: (object) => validateCronJob(typed<CronJob>(object)),
};

function selectByUid(job: Job): void {
  const { name = '', uid = '' } = job.metadata;
  const { template } = job.spec;
  template.metadata ??= { name: '' };
  const labels: Record<string, string> = { ...template.metadata.labels };
  for (const prefix of ['', 'batch.kubernetes.io/']) {
    labels[`${prefix}controller-uid`] ??= uid;
    labels[`${prefix}job-name`] ??= name;
  }
  template.metadata.labels = labels;
  const selector = job.spec.selector ?? {};
  job.spec.selector = { ...selector, matchLabels: { ...selector.matchLabels, 'batch.kubernetes.io/controller-uid': uid } };
}
