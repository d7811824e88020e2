import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { computeQos } from '../../../../apiserver/registry/strategies/pod-qos.ts';
import { strategyFor } from '../../../../apiserver/registry/strategies/strategies.ts';
import type { PodSpec } from '../../../../shared/api/generated/core-v1.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';
import { BUILT_IN_RESOURCES, type ResourceId, resourceInfo } from '../../../../shared/api/scheme.ts';
import { prepared } from '../validation/refusals.ts';

const CONTEXT = { now: 0, namespace: 'demo', user: { name: 'alice', groups: ['dev'] } };
const META = { name: 'p', uid: '', resourceVersion: '', creationTimestamp: '' };
const pods = strategyFor(resourceInfo('pods'));
const pod = (spec: object, status: object = {}): UntypedObject => ({ metadata: META, spec, status });
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const selector = { matchLabels: { app: 'a' } };

describe('strategyFor', () => {
  test('drops the status of new objects and keeps that of old ones', () => {
    const set = prepared('daemonsets', { spec: { selector, template }, status: { numberReady: 3 } });
    assert.deepEqual(set['status'], { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 });
    const old = { ...structuredClone(set), status: { numberReady: 2 } };
    strategyFor(resourceInfo('daemonsets')).prepareForUpdate?.(set, old, CONTEXT);
    assert.deepEqual(set['status'], { numberReady: 2 });
    assert.deepEqual(set.metadata.annotations, { 'deprecated.daemonset.template.generation': '1' });
  });

  test('gives every selectable field a value, also for an empty object', () => {
    for (const info of BUILT_IN_RESOURCES) {
      const fields = strategyFor(info).selectableFields?.({ metadata: META, spec: {}, status: {} });
      for (const [field, value] of Object.entries(fields ?? {})) assert.equal(typeof value, 'string', `${info.id} ${field}`);
    }
  });

  test('makes a job select its own pods', () => {
    const job = prepared('jobs', { spec: { template } })['spec'] as { selector: unknown; template: { metadata: { labels: unknown } } };
    assert.deepEqual(job.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u1' } });
    assert.deepEqual(job.template.metadata.labels, {
      app: 'a',
      'controller-uid': 'u1',
      'job-name': 'a',
      'batch.kubernetes.io/controller-uid': 'u1',
      'batch.kubernetes.io/job-name': 'a',
    });
  });

  test('moves what a secret says in plain text into its data', () => {
    const secret = prepared('secrets', { data: { a: 'AAEC' }, stringData: { b: 'x' } });
    assert.deepEqual([secret['data'], secret['stringData']], [{ a: 'AAEC', b: 'eA==' }, undefined]);
  });

  test('names the user as who asks for a certificate', () => {
    const request = prepared('certificatesigningrequests', { spec: { request: '', signerName: 'a/b', username: 'root' } });
    const { username, groups } = request['spec'] as { username: string; groups: string[] };
    assert.deepEqual({ username, groups }, { username: 'alice', groups: ['dev'] });
  });

  const scaled: ResourceId[] = ['deployments', 'replicasets', 'statefulsets', 'replicationcontrollers'];
  for (const id of scaled)
    test(`knows how ${id} scale`, () => assert.equal(strategyFor(resourceInfo(id)).scale?.specReplicas, '.spec.replicas'));
});

test('a status write leaves the spec of a pod and its quality of service alone', () => {
  const object = pod({ nodeName: 'other' }, { phase: 'Running' });
  pods.prepareForStatusUpdate?.(object, pod({ nodeName: 'n' }, { qosClass: 'BestEffort' }), CONTEXT);
  assert.deepEqual([object['spec'], object['status']], [{ nodeName: 'n' }, { phase: 'Running', qosClass: 'BestEffort' }]);
});

describe('pods are deleted', () => {
  const cases = [
    {
      name: 'after the grace of their spec',
      object: pod({ nodeName: 'n', terminationGracePeriodSeconds: 30 }),
      requested: undefined,
      want: 30,
    },
    {
      name: 'after the grace that was asked for',
      object: pod({ nodeName: 'n', terminationGracePeriodSeconds: 30 }),
      requested: 5,
      want: 5,
    },
    { name: 'at once when no node has them', object: pod({ terminationGracePeriodSeconds: 30 }), requested: undefined, want: 0 },
    { name: 'at once when they are done', object: pod({ nodeName: 'n' }, { phase: 'Succeeded' }), requested: 30, want: 0 },
    { name: 'after a second when less than nothing was asked for', object: pod({ nodeName: 'n' }), requested: -1, want: 1 },
  ];
  for (const { name, object, requested, want } of cases) test(name, () => assert.equal(pods.gracePeriodSeconds?.(object, requested), want));
});

describe('computeQos', () => {
  const spec = (...resources: object[]): PodSpec => ({ containers: resources.map((each, i) => ({ name: `c${i}`, resources: each })) });
  const full = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } };
  const cases = [
    { name: 'nothing asked for', of: spec({}), want: 'BestEffort' },
    { name: 'zero asked for', of: spec({ requests: { cpu: '0' } }), want: 'BestEffort' },
    { name: 'something asked for', of: spec({ requests: { cpu: '500m' } }), want: 'Burstable' },
    { name: 'all limited to what is asked for', of: spec(full, full), want: 'Guaranteed' },
    { name: 'one container without limits', of: spec(full, {}), want: 'Burstable' },
  ];
  for (const { name, of, want } of cases) test(`${name}: ${want}`, () => assert.equal(computeQos(of), want));
});
