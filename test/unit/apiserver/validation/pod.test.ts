import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { refusals, updateRefusals } from './refusals.ts';

const c = { name: 'c', image: 'i' };
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const FORBIDDEN =
  'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

describe('validatePod', () => {
  const cases: { name: string; spec: object; want: string[] }[] = [
    { name: 'takes a small pod', spec: { containers: [c] }, want: [] },
    { name: 'wants a container', spec: {}, want: ['spec.containers: Required value'] },
    { name: 'wants an image', spec: { containers: [{ name: 'c' }] }, want: ['spec.containers[0].image: Required value'] },
    {
      name: 'checks names',
      spec: { containers: [{ ...c, name: 'C_' }] },
      want: [`spec.containers[0].name: Invalid value: "C_": ${LABEL}`],
    },
    { name: 'wants different names', spec: { containers: [c, c] }, want: ['spec.containers[1].name: Duplicate value: "c"'] },
    {
      name: 'wants names that init containers do not have',
      spec: { containers: [c], initContainers: [c] },
      want: ['spec.initContainers[0].name: Duplicate value: "c"'],
    },
    {
      name: 'knows restart policies',
      spec: { containers: [c], restartPolicy: 'Sometimes' },
      want: ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    },
    {
      name: 'checks ports',
      spec: { containers: [{ ...c, ports: [{ containerPort: 99_999 }, { name: 'Web', containerPort: 0 }] }] },
      want: [
        'spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive',
        'spec.containers[0].ports[1].name: Invalid value: "Web": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        'spec.containers[0].ports[1].containerPort: Required value',
      ],
    },
    {
      name: 'wants each host port once',
      spec: {
        containers: [
          {
            ...c,
            ports: [
              { containerPort: 1, hostPort: 8 },
              { containerPort: 2, hostPort: 8 },
            ],
          },
        ],
      },
      want: ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//8"'],
    },
    {
      name: 'wants mounted volumes to be there',
      spec: { containers: [{ ...c, volumeMounts: [{ name: 'none', mountPath: '/x' }] }] },
      want: ['spec.containers[0].volumeMounts[0].name: Not found: "none"'],
    },
    {
      name: 'takes one source a volume',
      spec: { containers: [c], volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] },
      want: ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    },
    {
      name: 'compares requests with limits',
      spec: { containers: [{ ...c, resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }] },
      want: ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    },
    {
      name: 'knows resources',
      spec: { containers: [{ ...c, resources: { limits: { gpu: '1', 'example.com/gpu': '0.5' }, requests: { cpu: '1' } } }] },
      want: [
        'spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer',
        'spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers',
        'spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer',
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
      ],
    },
    {
      name: 'wants one source of a variable',
      spec: {
        containers: [
          {
            ...c,
            env: [
              { name: 'A', valueFrom: {} },
              { name: 'B', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } },
            ],
          },
        ],
      },
      want: [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
        'spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x',
      ],
    },
    {
      name: 'checks probes',
      spec: {
        containers: [
          { ...c, livenessProbe: { successThreshold: 2 }, readinessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } },
        ],
      },
      want: [
        'spec.containers[0].livenessProbe: Required value: must specify a handler type',
        'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
        'spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
      ],
    },
    {
      name: 'checks tolerations',
      spec: { containers: [c], tolerations: [{ operator: 'Equal' }, { key: 'a', tolerationSeconds: 1, effect: 'NoSchedule' }] },
      want: [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
        'spec.tolerations[1].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
      ],
    },
    {
      name: 'wants ports of the host to be those of the container',
      spec: { hostNetwork: true, containers: [{ ...c, ports: [{ containerPort: 80, hostPort: 81 }] }] },
      want: ['spec.containers[0].ports[0].containerPort: Invalid value: 80: must match `hostPort` when `hostNetwork` is true'],
    },
  ];
  for (const { name, spec, want } of cases) test(name, () => assert.deepEqual(refusals('pods', { spec }), want));
});

describe('validatePodUpdate', () => {
  const spec = { containers: [c], activeDeadlineSeconds: 10 };
  const cases: { name: string; after: object; want: string[] }[] = [
    {
      name: 'takes another image and an earlier deadline',
      after: { containers: [{ ...c, image: 'j' }], activeDeadlineSeconds: 5 },
      want: [],
    },
    { name: 'takes one more toleration', after: { ...spec, tolerations: [{ key: 'a', operator: 'Exists' }] }, want: [] },
    { name: 'keeps commands', after: { ...spec, containers: [{ ...c, command: ['x'] }] }, want: [FORBIDDEN] },
    { name: 'keeps the node', after: { ...spec, nodeName: 'n' }, want: [FORBIDDEN] },
    {
      name: 'keeps the number of containers',
      after: { ...spec, containers: [c, { ...c, name: 'd' }] },
      want: ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    },
    {
      name: 'does not put a deadline off',
      after: { ...spec, activeDeadlineSeconds: 11 },
      want: ['spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value'],
    },
  ];
  for (const { name, after, want } of cases) test(name, () => assert.deepEqual(updateRefusals('pods', { spec }, { spec: after }), want));
});
