import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyDefaults } from '../../../../apiserver/schema/apply-defaults.ts';
import { decodeObject } from '../../../../apiserver/schema/decode.ts';
import { orderKeys } from '../../../../apiserver/schema/order-keys.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';
import { type ResourceId, resourceInfo } from '../../../../shared/api/scheme.ts';

function defaulted(id: ResourceId, body: object): UntypedObject {
  const info = resourceInfo(id);
  const { object } = decodeObject(info.type, structuredClone(body));
  applyDefaults(info, object);
  return orderKeys(info.type, object);
}

const CONTAINER = { resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' };
const TEMPLATE = {
  metadata: { labels: { app: 'a' } },
  spec: {
    containers: [{ name: 'c', image: 'nginx', ...CONTAINER, imagePullPolicy: 'Always' }],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  },
};
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };

describe('applyDefaults', () => {
  test('fills a pod in schema order', () => {
    const pod = defaulted('pods', {
      metadata: { name: 'p' },
      spec: {
        hostNetwork: true,
        containers: [
          {
            name: 'c',
            image: 'registry:5000/x@sha256:0',
            ports: [{ containerPort: 80 }],
            resources: { limits: { cpu: '1' } },
            livenessProbe: { httpGet: { port: 80 } },
            env: [{ name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          },
        ],
        volumes: [{ name: 'e' }, { name: 's', secret: { secretName: 'x' } }, { name: 'h', hostPath: { path: '/x' } }],
      },
    });
    const want = {
      volumes: [
        { name: 'e', emptyDir: {} },
        { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
        { name: 'h', hostPath: { path: '/x', type: '' } },
      ],
      containers: [
        {
          name: 'c',
          image: 'registry:5000/x@sha256:0',
          ports: [{ hostPort: 80, containerPort: 80, protocol: 'TCP' }],
          env: [{ name: 'N', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
          resources: { limits: { cpu: '1' }, requests: { cpu: '1' } },
          livenessProbe: {
            httpGet: { path: '/', port: 80, scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      hostNetwork: true,
      securityContext: {},
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
    };
    assert.equal(JSON.stringify(pod['spec']), JSON.stringify(want));
  });

  const cases: { name: string; id: ResourceId; body: object; want: object }[] = [
    {
      name: 'a deployment',
      id: 'deployments',
      body: { spec: { selector: { matchLabels: { app: 'a' } }, template } },
      want: {
        replicas: 1,
        selector: { matchLabels: { app: 'a' } },
        template: TEMPLATE,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      },
    },
    {
      name: 'a job',
      id: 'jobs',
      body: { spec: { template } },
      want: {
        parallelism: 1,
        completions: 1,
        backoffLimit: 6,
        template: TEMPLATE,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
      },
    },
    {
      name: 'a service',
      id: 'services',
      body: { spec: { type: 'NodePort', ports: [{ port: 80 }], sessionAffinity: 'ClientIP' } },
      want: {
        ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
        type: 'NodePort',
        sessionAffinity: 'ClientIP',
        externalTrafficPolicy: 'Cluster',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
        internalTrafficPolicy: 'Cluster',
      },
    },
    {
      name: 'a network policy',
      id: 'networkpolicies',
      body: { spec: { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] } },
      want: { podSelector: {}, egress: [{ ports: [{ protocol: 'TCP', port: 53 }] }], policyTypes: ['Ingress', 'Egress'] },
    },
    {
      name: 'a limit range from its extremes',
      id: 'limitranges',
      body: { spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }] } },
      want: {
        limits: [
          {
            type: 'Container',
            max: { cpu: '2' },
            min: { memory: '1Mi' },
            default: { cpu: '2' },
            defaultRequest: { cpu: '2', memory: '1Mi' },
          },
        ],
      },
    },
  ];
  for (const { name, id, body, want } of cases) {
    test(`fills ${name}, and a second time changes nothing`, () => {
      const object = defaulted(id, body);
      assert.equal(JSON.stringify(object['spec']), JSON.stringify(want));
      const before = structuredClone(object);
      applyDefaults(resourceInfo(id), object);
      assert.deepEqual(object, before);
    });
  }

  test('labels a namespace with its name', () => {
    const namespace = defaulted('namespaces', { metadata: { name: 'demo' } });
    assert.deepEqual(namespace.metadata.labels, { 'kubernetes.io/metadata.name': 'demo' });
    assert.deepEqual(namespace['status'], { phase: 'Active' });
  });
});
