import { fill, type JsonRecord, recordAt, recordsAt } from '../record.ts';
import { defaultClaim } from './core.ts';
import type { Defaults } from './defaults.ts';
import { defaultPodTemplate } from './pod.ts';

/** Source: kubernetes pkg/apis/apps/v1/defaults.go. */
export const APPS_DEFAULTS: Defaults = {
  'apps/v1/Deployment': withSpec(defaultDeployment),
  'apps/v1/ReplicaSet': withSpec((spec) => fill(spec, 'replicas', 1)),
  'apps/v1/StatefulSet': withSpec(defaultStatefulSet),
  'apps/v1/DaemonSet': withSpec(defaultDaemonSet),
};

/** Defaults `spec.template`, then the rest of the spec. */
function withSpec(defaultSpec: (spec: JsonRecord) => void): (object: JsonRecord) => void {
  return (object) => {
    const spec = recordAt(object, 'spec');
    if (spec === undefined) return;
    defaultPodTemplate(recordAt(spec, 'template'));
    defaultSpec(spec);
  };
}

function defaultDeployment(spec: JsonRecord): void {
  fill(spec, 'replicas', 1);
  const strategy = rolling(spec, 'strategy');
  if (strategy !== undefined) {
    fill(strategy, 'maxUnavailable', '25%');
    fill(strategy, 'maxSurge', '25%');
  }
  fill(spec, 'revisionHistoryLimit', 10);
  fill(spec, 'progressDeadlineSeconds', 600);
}

function defaultStatefulSet(spec: JsonRecord): void {
  fill(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = recordAt(spec, 'updateStrategy') ?? {};
  spec['updateStrategy'] = strategy;
  if (strategy['type'] === undefined) {
    strategy['type'] = 'RollingUpdate';
    fill(strategy, 'rollingUpdate', {});
  }
  const settings = recordAt(strategy, 'rollingUpdate');
  if (strategy['type'] === 'RollingUpdate' && settings !== undefined) fill(settings, 'partition', 0);
  const retention = recordAt(spec, 'persistentVolumeClaimRetentionPolicy') ?? {};
  fill(retention, 'whenDeleted', 'Retain');
  fill(retention, 'whenScaled', 'Retain');
  spec['persistentVolumeClaimRetentionPolicy'] = retention;
  fill(spec, 'replicas', 1);
  fill(spec, 'revisionHistoryLimit', 10);
  for (const claim of recordsAt(spec, 'volumeClaimTemplates')) defaultClaim(claim);
}

function defaultDaemonSet(spec: JsonRecord): void {
  const strategy = rolling(spec, 'updateStrategy');
  if (strategy !== undefined) {
    fill(strategy, 'maxUnavailable', 1);
    fill(strategy, 'maxSurge', 0);
  }
  fill(spec, 'revisionHistoryLimit', 10);
}

/** The settings of a rolling update, made if they are missing; undefined for another strategy. */
function rolling(spec: JsonRecord, field: string): JsonRecord | undefined {
  const strategy = recordAt(spec, field) ?? {};
  spec[field] = strategy;
  fill(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] !== 'RollingUpdate') return undefined;
  const settings = recordAt(strategy, 'rollingUpdate') ?? {};
  strategy['rollingUpdate'] = settings;
  return settings;
}
