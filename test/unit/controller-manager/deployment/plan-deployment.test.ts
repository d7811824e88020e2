import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planDeployment } from '../../../../controller-manager/deployment/plan-deployment.ts';
import type { Deployment, ReplicaSet } from '../../../../shared/api/generated/apps-v1.ts';
import { at, deployment, NOW, replicaSet } from '../objects.ts';

const PREFIX = 'deployment.kubernetes.io';
const reasons = (conditions: readonly { type: string; reason?: string | undefined }[] | undefined) =>
  conditions?.map(({ type, reason }) => `${type} ${reason}`);

describe('planDeployment', () => {
  test('makes the first set with all replicas', () => {
    const plan = planDeployment({ deployment: deployment(3), sets: [], pods: [], now: NOW });
    const hash = plan.create?.metadata?.labels?.['pod-template-hash'] ?? '';
    assert.equal(plan.create?.metadata?.name, `web-${hash}`);
    assert.equal(plan.create.spec?.replicas, 3);
    assert.deepEqual(plan.create.spec.selector?.matchLabels, { app: 'web', 'pod-template-hash': hash });
    assert.deepEqual(plan.create.spec.template?.metadata?.labels, { app: 'web', 'pod-template-hash': hash });
    assert.deepEqual(plan.create.metadata.annotations, {
      [`${PREFIX}/revision`]: '1',
      [`${PREFIX}/desired-replicas`]: '3',
      [`${PREFIX}/max-replicas`]: '4',
    });
    assert.equal(plan.revision, '1');
    assert.deepEqual(reasons(plan.status.conditions), ['Progressing NewReplicaSetCreated', 'Available MinimumReplicasUnavailable']);
  });

  test('makes the set of a new template as large as the surge allows, with the next revision', () => {
    const old = replicaSet('web-0', { image: 'web:0', revision: 4 });
    const plan = planDeployment({ deployment: deployment(3), sets: [old], pods: [], now: NOW });
    assert.equal(plan.create?.spec?.replicas, 1);
    assert.equal(plan.revision, '5');
    assert.deepEqual(plan.resize, []);
  });

  test('takes up a set that exists: refreshes its revision', () => {
    const sets = [replicaSet('web-1', { revision: 1 }), replicaSet('web-2', { image: 'web:2', revision: 2, replicas: 0 })];
    const plan = planDeployment({ deployment: deployment(3), sets, pods: [], now: NOW });
    assert.deepEqual(plan.refresh?.metadata.annotations, { [`${PREFIX}/revision`]: '3', [`${PREFIX}/revision-history`]: '1' });
  });

  test('shows a revision that the deployment does not show yet', () => {
    const plan = planDeployment({ deployment: deployment(3), sets: [replicaSet('web-1', { revision: 1 })], pods: [], now: NOW });
    assert.equal(plan.revision, '1');
    assert.deepEqual(
      reasons(plan.status.conditions),
      ['Progressing NewReplicaSetAvailable', 'Available MinimumReplicasAvailable'].toReversed(),
    );
  });

  test('does not roll out while paused, but scales', () => {
    const sets = [
      replicaSet('web-0', {
        image: 'web:0',
        revision: 1,
        annotations: { [`${PREFIX}/desired-replicas`]: '3', [`${PREFIX}/max-replicas`]: '4' },
      }),
    ];
    const plan = planDeployment({ deployment: deployment(5, { paused: true }), sets, pods: [], now: NOW });
    assert.equal(plan.create, undefined);
    assert.deepEqual(
      plan.resize.map(({ replicas }) => replicas),
      [5],
    );
    assert.deepEqual(reasons(plan.status.conditions), ['Progressing DeploymentPaused', 'Available MinimumReplicasUnavailable']);
  });

  test('only reports on a deployment that is being deleted', () => {
    const deleting = deployment(5, {}, { metadata: { deletionTimestamp: at(1) } });
    const plan = planDeployment({ deployment: deleting, sets: [replicaSet('web-1', { revision: 1 })], pods: [], now: NOW });
    assert.deepEqual({ ...plan, status: undefined }, { resize: [], remove: [], status: undefined });
  });

  test('cleans old sets up once the rollout is complete', () => {
    const status = { replicas: 3, updatedReplicas: 3, availableReplicas: 3, observedGeneration: 1 };
    const sets = [replicaSet('web-1', { revision: 2 }), replicaSet('web-0', { image: 'web:0', replicas: 0, revision: 1 })];
    const of = deployment(3, { revisionHistoryLimit: 0 }, { status });
    assert.deepEqual(
      planDeployment({ deployment: of, sets, pods: [], now: NOW }).remove.map(({ metadata }) => metadata.name),
      ['web-0'],
    );
  });
});

describe('a rolling update, step by step', () => {
  const cases = [
    { name: 'with surge only', replicas: 5, maxSurge: 2, maxUnavailable: 0 },
    { name: 'with unavailability only', replicas: 5, maxSurge: 0, maxUnavailable: 2 },
    { name: 'with both', replicas: 10, maxSurge: '25%', maxUnavailable: '25%' },
    { name: 'with neither', replicas: 3, maxSurge: 0, maxUnavailable: 0 },
    { name: 'of one replica', replicas: 1, maxSurge: '25%', maxUnavailable: '25%' },
  ];
  for (const { name, replicas, maxSurge, maxUnavailable } of cases) {
    test(`${name} ends with the new template and never breaks its limits`, () => {
      let of = deployment(replicas, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } });
      let sets: ReplicaSet[] = [replicaSet('web-0', { image: 'web:0', replicas, revision: 1 })];
      const surge = typeof maxSurge === 'number' ? maxSurge : Math.ceil(replicas * 0.25);
      const down = typeof maxUnavailable === 'number' ? maxUnavailable : Math.floor(replicas * 0.25);
      for (let step = 0; step < 100 && !isDone(sets, replicas); step++) {
        ({ of, sets } = carryOut(of, sets));
        // One pod becomes available a step, in the newest set that has one to come; removals are at once.
        const starting = sets.findLast(({ spec, status }) => (status.availableReplicas ?? 0) < (spec.replicas ?? 0));
        if (starting !== undefined) starting.status.availableReplicas = (starting.status.availableReplicas ?? 0) + 1;
        const total = sets.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
        const available = sets.reduce((sum, set) => sum + (set.status.availableReplicas ?? 0), 0);
        assert.ok(total <= replicas + surge, `${total} pods in step ${step}`);
        assert.ok(available >= replicas - (surge + down === 0 ? 1 : down), `${available} available in step ${step}`);
      }
      assert.ok(isDone(sets, replicas));
    });
  }

  function carryOut(before: Deployment, sets: ReplicaSet[]): { of: Deployment; sets: ReplicaSet[] } {
    const plan = planDeployment({ deployment: before, sets, pods: [], now: NOW });
    const after = sets.map((set): ReplicaSet => {
      const replicas = plan.resize.find((step) => step.set.metadata.name === set.metadata.name)?.replicas ?? set.spec.replicas ?? 0;
      const availableReplicas = Math.min(set.status.availableReplicas ?? 0, replicas);
      return { ...set, spec: { ...set.spec, replicas }, status: { ...set.status, replicas, availableReplicas } };
    });
    if (plan.create !== undefined)
      after.push(
        replicaSet(plan.create.metadata?.name ?? '', { replicas: plan.create.spec?.replicas ?? 0, available: 0, revision: 2, age: 0 }),
      );
    return { of: { ...before, status: structuredClone(plan.status) as Deployment['status'] }, sets: after };
  }

  function isDone(sets: readonly ReplicaSet[], replicas: number): boolean {
    const [old, current] = sets;
    return old?.spec.replicas === 0 && current?.spec.replicas === replicas && current.status.availableReplicas === replicas;
  }
});
