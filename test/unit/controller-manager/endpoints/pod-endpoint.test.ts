import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { canBeEndpoint, targetPort } from '../../../../controller-manager/endpoints/pod-endpoint.ts';
import type { Container } from '../../../../shared/api/generated/core-v1.ts';
import { pod } from '../objects.ts';

const web: Container = {
  name: 'main',
  resources: {},
  ports: [
    { name: 'http', containerPort: 8080, protocol: 'TCP' },
    { name: 'dns', containerPort: 53, protocol: 'UDP' },
  ],
};
const target = pod('a', {
  spec: {
    containers: [web],
    initContainers: [{ name: 'proxy', resources: {}, restartPolicy: 'Always', ports: [{ name: 'side', containerPort: 15001 }] }],
  },
});

describe('targetPort', () => {
  const cases = [
    { name: 'is a number as it stands', port: { port: 80, targetPort: 8080 }, want: 8080 },
    { name: 'is the service port without a target', port: { port: 80, targetPort: 0 }, want: 80 },
    { name: 'finds a container port by name', port: { port: 80, targetPort: 'http' }, want: 8080 },
    { name: 'finds it only for the same protocol', port: { port: 53, targetPort: 'dns' }, want: undefined },
    { name: 'finds it for UDP', port: { port: 53, targetPort: 'dns', protocol: 'UDP' as const }, want: 53 },
    { name: 'finds the ports of sidecars', port: { port: 80, targetPort: 'side' }, want: 15001 },
    { name: 'is unknown for a name that no container has', port: { port: 80, targetPort: 'none' }, want: undefined },
  ];
  for (const { name, port, want } of cases) test(name, () => assert.equal(targetPort(target, port), want));
});

describe('canBeEndpoint', () => {
  const status = { podIPs: [{ ip: '10.1.0.1' }] };
  const cases = [
    { name: 'takes a running pod with an address', of: pod('a', { status }), includeTerminating: false, want: true },
    { name: 'refuses a pod without an address', of: pod('a'), includeTerminating: false, want: false },
    { name: 'refuses a pod that ended', of: pod('a', { status: { ...status, phase: 'Failed' } }), includeTerminating: true, want: false },
    { name: 'refuses a pod that is being deleted', of: pod('a', { status, deleting: true }), includeTerminating: false, want: false },
    {
      name: 'takes a pod that is being deleted where asked to',
      of: pod('a', { status, deleting: true }),
      includeTerminating: true,
      want: true,
    },
  ];
  for (const { name, of, includeTerminating, want } of cases)
    test(name, () => assert.equal(canBeEndpoint(of, { includeTerminating }), want));
});
