import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { desiredEndpoints } from '../../../../controller-manager/endpointslice/desired-endpoints.ts';
import type { ServiceSpec } from '../../../../shared/api/generated/core-v1.ts';
import { node, type PodOptions, pod, service } from '../objects.ts';

const n1 = node('n1', 'True', { labels: { 'topology.kubernetes.io/zone': 'z1' } });
const nodeNamed = (name: string) => (name === 'n1' ? n1 : undefined);
const targetRef = { kind: 'Pod', namespace: 'default', name: 'a', uid: 'uid-a' };
const status = { podIPs: [{ ip: '10.1.0.1' }, { ip: 'fd00::1' }] };
const of = (spec: Partial<ServiceSpec>, options: PodOptions) =>
  desiredEndpoints(
    service(spec),
    [pod('a', { ready: true, node: 'n1', status: { ...pod('a', options).status, ...status }, ...options })],
    nodeNamed,
  );

describe('desiredEndpoints', () => {
  test('describes a ready pod whole', () => {
    assert.deepEqual(of({}, { ready: true }), [
      {
        addressType: 'IPv4',
        ports: [{ name: '', protocol: 'TCP', port: 8080 }],
        endpoint: {
          addresses: ['10.1.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef,
          nodeName: 'n1',
          zone: 'z1',
        },
      },
    ]);
  });

  const conditions = [
    {
      name: 'is not ready and not serving before the pod is ready',
      spec: {},
      options: { ready: false },
      want: { ready: false, serving: false, terminating: false },
    },
    {
      name: 'serves but is not ready while a ready pod ends',
      spec: {},
      options: { ready: true, deleting: true },
      want: { ready: false, serving: true, terminating: true },
    },
    {
      name: 'is always ready where the service publishes all',
      spec: { publishNotReadyAddresses: true },
      options: { ready: false, deleting: true },
      want: { ready: true, serving: false, terminating: true },
    },
  ];
  for (const { name, spec, options, want } of conditions)
    test(name, () => assert.deepEqual(of(spec, options)[0]?.endpoint.conditions, want));

  const counts = [
    {
      name: 'has one endpoint a family',
      spec: { ipFamilies: ['IPv4', 'IPv6'] as ('IPv4' | 'IPv6')[] },
      options: {},
      want: ['IPv4', 'IPv6'],
    },
    { name: 'leaves out a pod on a node that is not known', spec: {}, options: { node: 'n2' }, want: [] },
    { name: 'keeps it where the service publishes all', spec: { publishNotReadyAddresses: true }, options: { node: 'n2' }, want: ['IPv4'] },
  ];
  for (const { name, spec, options, want } of counts)
    test(name, () =>
      assert.deepEqual(
        of(spec, options).map(({ addressType }) => addressType),
        want,
      ),
    );

  const hints = [
    { name: 'hints at the zone for PreferClose', trafficDistribution: 'PreferClose', want: { forZones: [{ name: 'z1' }] } },
    {
      name: 'hints at node and zone for PreferSameNode',
      trafficDistribution: 'PreferSameNode',
      want: { forZones: [{ name: 'z1' }], forNodes: [{ name: 'n1' }] },
    },
  ];
  for (const { name, trafficDistribution, want } of hints)
    test(name, () => assert.deepEqual(of({ trafficDistribution }, { ready: true })[0]?.endpoint.hints, want));
});
