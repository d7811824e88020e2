import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  deadlineCheckMs,
  pausedCondition,
  rolloutStatus,
  setCondition,
} from '../../../../controller-manager/deployment/deployment-status.ts';
import type { DeploymentCondition, DeploymentStatus } from '../../../../shared/api/generated/apps-v1.ts';
import { at, deployment, NOW, replicaSet } from '../objects.ts';

const condition = (type: string, status: string, reason: string, secondsAgo = 60): DeploymentCondition => ({
  type,
  status,
  reason,
  message: 'old',
  lastUpdateTime: at(secondsAgo),
  lastTransitionTime: at(secondsAgo),
});
const progressing = (status: string, reason: string, secondsAgo?: number) => condition('Progressing', status, reason, secondsAgo);
const short = ({ conditions = [] }: { conditions?: DeploymentStatus['conditions'] }) =>
  conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);

describe('rolloutStatus', () => {
  const done: DeploymentStatus = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 1 };
  const cases = [
    {
      name: 'is complete when all replicas are updated and available',
      before: { ...done, availableReplicas: 2, conditions: [progressing('True', 'ReplicaSetUpdated')] },
      current: { replicas: 3 },
      want: ['Available=True MinimumReplicasAvailable', 'Progressing=True NewReplicaSetAvailable'],
    },
    {
      name: 'is progressing while more replicas become ready',
      before: { replicas: 3, updatedReplicas: 3, conditions: [progressing('True', 'NewReplicaSetCreated')] },
      current: { replicas: 3, available: 1 },
      want: ['Available=False MinimumReplicasUnavailable', 'Progressing=True ReplicaSetUpdated'],
    },
    {
      name: 'stays as it was while nothing moves within the deadline',
      before: { replicas: 3, updatedReplicas: 3, conditions: [progressing('True', 'ReplicaSetUpdated', 500)] },
      current: { replicas: 3, available: 0 },
      want: ['Progressing=True ReplicaSetUpdated', 'Available=False MinimumReplicasUnavailable'],
    },
    {
      name: 'times out when nothing moved for progressDeadlineSeconds',
      before: { replicas: 3, updatedReplicas: 3, conditions: [progressing('True', 'ReplicaSetUpdated', 601)] },
      current: { replicas: 3, available: 0 },
      want: ['Available=False MinimumReplicasUnavailable', 'Progressing=False ProgressDeadlineExceeded'],
    },
    {
      name: 'does not time out again after it was complete',
      before: { ...done, conditions: [progressing('True', 'NewReplicaSetAvailable', 9999)] },
      current: { replicas: 3, available: 1 },
      want: ['Progressing=True NewReplicaSetAvailable', 'Available=False MinimumReplicasUnavailable'],
    },
    {
      name: 'shows the failure of a set',
      before: { ...done, conditions: [progressing('True', 'NewReplicaSetAvailable')] },
      current: {
        replicas: 3,
        status: {
          conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota', lastTransitionTime: at(1) }],
        },
      },
      want: ['Progressing=True NewReplicaSetAvailable', 'Available=True MinimumReplicasAvailable', 'ReplicaFailure=True FailedCreate'],
    },
  ];
  for (const { name, before, current, want } of cases) {
    test(name, () =>
      assert.deepEqual(short(rolloutStatus(deployment(3, {}, { status: before }), replicaSet('web-1', current), [], NOW)), want),
    );
  }

  test('says which set has progressed', () => {
    const status = rolloutStatus(deployment(3, {}, { status: { replicas: 3 } }), replicaSet('web-1'), [], NOW);
    assert.equal(status.conditions?.at(-1)?.message, 'ReplicaSet "web-1" has successfully progressed.');
  });

  test('drops Progressing without a deadline', () => {
    const of = deployment(
      3,
      { progressDeadlineSeconds: undefined },
      { status: { conditions: [progressing('True', 'ReplicaSetUpdated')] } },
    );
    assert.deepEqual(short(rolloutStatus(of, replicaSet('web-1'), [], NOW)), ['Available=True MinimumReplicasAvailable']);
  });

  test('counts over all sets and leaves zeros out', () => {
    const { conditions: _, ...counts } = rolloutStatus(
      deployment(3),
      replicaSet('web-1', { replicas: 1, available: 0 }),
      [replicaSet('web-0', { replicas: 3, available: 3 })],
      NOW,
    );
    assert.deepEqual(counts, {
      observedGeneration: 1,
      replicas: 4,
      updatedReplicas: 1,
      readyReplicas: 3,
      availableReplicas: 3,
      unavailableReplicas: 1,
      terminatingReplicas: 0,
    });
  });
});

describe('setCondition', () => {
  const now = at(0);
  const old = condition('Available', 'True', 'A');
  const cases = [
    { name: 'keeps one with the same status and reason', next: { status: 'True', reason: 'A' }, want: old },
    {
      name: 'keeps the transition time of the same status',
      next: { status: 'True', reason: 'B' },
      want: { ...old, reason: 'B', message: 'new', lastUpdateTime: now },
    },
    {
      name: 'changes the transition time with the status',
      next: { status: 'False', reason: 'B' },
      want: { ...old, status: 'False', reason: 'B', message: 'new', lastUpdateTime: now, lastTransitionTime: now },
    },
  ];
  for (const { name, next, want } of cases)
    test(name, () => assert.deepEqual(setCondition([old], { type: 'Available', message: 'new', ...next }, NOW), [want]));
});

describe('pausedCondition', () => {
  const cases = [
    { name: 'marks a deployment that was paused', paused: true, reason: 'ReplicaSetUpdated', want: 'DeploymentPaused' },
    { name: 'marks a deployment that was resumed', paused: false, reason: 'DeploymentPaused', want: 'DeploymentResumed' },
    { name: 'says nothing twice', paused: true, reason: 'DeploymentPaused', want: undefined },
    { name: 'does not cover a missed deadline up', paused: true, reason: 'ProgressDeadlineExceeded', want: undefined },
  ];
  for (const { name, paused, reason, want } of cases) {
    test(name, () =>
      assert.equal(pausedCondition(deployment(3, { paused }, { status: { conditions: [progressing('True', reason)] } }))?.reason, want),
    );
  }
});

describe('deadlineCheckMs', () => {
  const cases = [
    { name: 'is a second after the deadline', status: { conditions: [progressing('True', 'ReplicaSetUpdated', 100)] }, want: 501_000 },
    {
      name: 'is a second from now when the deadline has passed',
      status: { conditions: [progressing('True', 'ReplicaSetUpdated', 700)] },
      want: 1_000,
    },
    { name: 'is never for a complete rollout', status: { conditions: [progressing('True', 'NewReplicaSetAvailable')] }, want: undefined },
    { name: 'is never once it has timed out', status: { conditions: [progressing('False', 'ProgressDeadlineExceeded')] }, want: undefined },
  ];
  for (const { name, status, want } of cases) test(name, () => assert.equal(deadlineCheckMs(deployment(3), status, NOW), want));
});
