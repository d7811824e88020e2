import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DesiredEndpoint } from '../../../../controller-manager/endpointslice/desired-endpoints.ts';
import { type EndpointSlice, planEndpointSlices } from '../../../../controller-manager/endpointslice/plan-endpoint-slices.ts';
import type { EndpointPort } from '../../../../shared/api/generated/discovery-v1.ts';
import { at, service } from '../objects.ts';

const web = service();
const PORTS: EndpointPort[] = [{ name: '', protocol: 'TCP', port: 8080 }];
const labels = { 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' };
const endpoint = (ip: number, ready = true) => ({
  addresses: [`10.1.0.${ip}`],
  conditions: { ready, serving: ready, terminating: false },
  targetRef: { kind: 'Pod', uid: `uid-${ip}` },
});
const want = (ip: number, { ready = true, ports = PORTS } = {}): DesiredEndpoint => ({
  addressType: 'IPv4',
  ports,
  endpoint: endpoint(ip, ready),
});
const slice = (
  name: string,
  ips: number[],
  options: { ports?: EndpointPort[]; addressType?: 'IPv4' | 'IPv6'; labels?: Record<string, string> } = {},
): EndpointSlice => ({
  metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: at(0), labels: options.labels ?? labels },
  addressType: options.addressType ?? 'IPv4',
  endpoints: ips.map((ip) => endpoint(ip)),
  ports: options.ports ?? PORTS,
});
const ips = ({ endpoints }: { endpoints?: readonly { addresses: readonly string[] }[] | undefined }) =>
  (endpoints ?? []).map(({ addresses }) => Number(addresses[0]?.split('.')[3]));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('planEndpointSlices', () => {
  const cases: {
    name: string;
    desired: DesiredEndpoint[];
    existing: EndpointSlice[];
    want: { create?: number[][]; update?: Record<string, number[]>; remove?: string[] };
  }[] = [
    { name: 'makes an empty slice for a service without endpoints', desired: [], existing: [], want: { create: [[]] } },
    { name: 'leaves the empty slice alone', desired: [], existing: [slice('a', [], { ports: [] })], want: {} },
    {
      name: 'empties a slice rather than removing it when the last endpoint goes',
      desired: [],
      existing: [slice('a', [1])],
      want: { update: { a: [] } },
    },
    {
      name: 'turns the empty slice into the first real one',
      desired: [want(1)],
      existing: [slice('a', [], { ports: [] })],
      want: { update: { a: [1] } },
    },
    { name: 'writes nothing when all is right', desired: [want(2), want(1)], existing: [slice('a', [1, 2])], want: {} },
    {
      name: 'updates only the slice whose endpoint changed',
      desired: [want(1), want(2, { ready: false })],
      existing: [slice('a', [1]), slice('b', [2])],
      want: { update: { b: [2] } },
    },
    {
      name: 'adds to the fullest slice with room',
      desired: range(1, 6).map((ip) => want(ip)),
      existing: [slice('a', [1]), slice('b', [2, 3, 4])],
      want: { update: { b: [2, 3, 4, 5, 6] } },
    },
    {
      name: 'fills slices that change anyway before others',
      desired: [want(1), want(3), want(4), want(5)],
      existing: [slice('a', [1, 2]), slice('b', [3, 4])],
      want: { update: { a: [1, 5] } },
    },
    {
      name: 'removes a slice that lost all its endpoints',
      desired: [want(1)],
      existing: [slice('a', [1]), slice('b', [2])],
      want: { remove: ['b'] },
    },
    {
      name: 'splits what does not fit into slices of the largest size',
      desired: range(1, 12).map((ip) => want(ip)),
      existing: [],
      want: { create: [range(1, 5), range(6, 10), [11, 12]] },
    },
    {
      name: 'keeps endpoints with other ports apart',
      desired: [want(1), want(2, { ports: [{ name: '', protocol: 'TCP', port: 9090 }] })],
      existing: [slice('a', [1])],
      want: { create: [[2]] },
    },
    {
      name: 'reuses the slice of ports that are gone',
      desired: [want(1, { ports: [{ name: '', protocol: 'TCP', port: 9090 }] })],
      existing: [slice('a', [1])],
      want: { update: { a: [1] } },
    },
    {
      name: 'removes slices of a family that the service does not have',
      desired: [want(1)],
      existing: [slice('a', [1]), slice('b', [2], { addressType: 'IPv6' })],
      want: { remove: ['b'] },
    },
    {
      name: 'repairs the labels',
      desired: [want(1)],
      existing: [slice('a', [1], { labels: { ...labels, stray: 'x' } })],
      want: { update: { a: [1] } },
    },
  ];
  for (const { name, desired, existing, want: expected } of cases) {
    test(name, () => {
      const plan = planEndpointSlices({ service: web, addressTypes: ['IPv4'], desired, existing, maxPerSlice: 5 });
      assert.deepEqual(
        {
          create: plan.create.map(ips),
          update: Object.fromEntries(plan.update.map((each) => [each.metadata.name, ips(each)])),
          remove: plan.remove.map(({ metadata }) => metadata.name),
        },
        { create: [], update: {}, remove: [], ...expected },
      );
    });
  }

  test('labels and owns a new slice as its consumers expect', () => {
    const headless = service({ clusterIP: 'None' }, { labels: { team: 'a' } });
    const plan = planEndpointSlices({ service: headless, addressTypes: ['IPv4'], desired: [want(1)], existing: [], maxPerSlice: 100 });
    assert.deepEqual(plan.create[0]?.metadata, {
      namespace: 'default',
      generateName: 'web-',
      labels: { team: 'a', 'service.kubernetes.io/headless': '', ...labels },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'uid-web', controller: true, blockOwnerDeletion: true }],
    });
  });
});
