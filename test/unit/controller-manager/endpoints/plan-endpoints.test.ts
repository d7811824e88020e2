import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planEndpoints } from '../../../../controller-manager/endpoints/plan-endpoints.ts';
import { type PodOptions, pod, service } from '../objects.ts';

const backend = (name: string, ip: string, options: PodOptions = {}) =>
  pod(name, { ready: true, ...options, status: { podIPs: [{ ip }], ...options.status }, spec: { nodeName: 'n1', ...options.spec } });
const address = (name: string, ip: string) => ({
  ip,
  nodeName: 'n1',
  targetRef: { kind: 'Pod', namespace: 'default', name, uid: `uid-${name}` },
});
const http = { port: 8080, protocol: 'TCP' };

describe('planEndpoints', () => {
  const named = service({
    ports: [
      { name: 'http', port: 80, targetPort: 'http' },
      { name: 'admin', port: 81, targetPort: 9000 },
    ],
  });
  const withHttp = { containers: [{ name: 'main', resources: {}, ports: [{ name: 'http', containerPort: 8080 }] }] };
  const cases = [
    { name: 'is empty without pods', of: service(), pods: [], want: [] },
    {
      name: 'separates ready from unready addresses, sorted',
      of: service(),
      pods: [backend('b', '10.1.0.2'), backend('c', '10.1.0.3', { ready: false }), backend('a', '10.1.0.1')],
      want: [
        { addresses: [address('a', '10.1.0.1'), address('b', '10.1.0.2')], notReadyAddresses: [address('c', '10.1.0.3')], ports: [http] },
      ],
    },
    { name: 'leaves out pods that are being deleted', of: service(), pods: [backend('a', '10.1.0.1', { deleting: true })], want: [] },
    {
      name: 'publishes all addresses as ready where the service says so',
      of: service({ publishNotReadyAddresses: true }),
      pods: [backend('a', '10.1.0.1', { ready: false, deleting: true })],
      want: [{ addresses: [address('a', '10.1.0.1')], ports: [http] }],
    },
    {
      name: 'splits by the ports that addresses offer',
      of: named,
      pods: [backend('a', '10.1.0.1', { spec: withHttp }), backend('b', '10.1.0.2')],
      want: [
        { addresses: [address('a', '10.1.0.1'), address('b', '10.1.0.2')], ports: [{ name: 'admin', port: 9000, protocol: 'TCP' }] },
        { addresses: [address('a', '10.1.0.1')], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] },
      ],
    },
    {
      name: 'has no ports for a headless service without any',
      of: service({ clusterIP: 'None', ports: [] }),
      pods: [backend('a', '10.1.0.1')],
      want: [{ addresses: [address('a', '10.1.0.1')] }],
    },
    {
      name: 'takes the address of the service’s first family',
      of: service({ ipFamilies: ['IPv6', 'IPv4'] }),
      pods: [backend('a', '10.1.0.1', { status: { podIPs: [{ ip: '10.1.0.1' }, { ip: 'fd00::1' }] } })],
      want: [{ addresses: [address('a', 'fd00::1')], ports: [http] }],
    },
    {
      name: 'gives a pod with a host name in the service’s domain that name',
      of: service(),
      pods: [backend('a', '10.1.0.1', { spec: { hostname: 'first', subdomain: 'web' } })],
      want: [{ addresses: [{ hostname: 'first', ...address('a', '10.1.0.1') }], ports: [http] }],
    },
  ];
  for (const { name, of, pods, want } of cases) test(name, () => assert.deepEqual(planEndpoints(of, pods).subsets, want));

  test('copies the service’s labels and marks a headless one', () => {
    assert.deepEqual(planEndpoints(service({ clusterIP: 'None' }, { labels: { team: 'a' } }), []).labels, {
      team: 'a',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
      'service.kubernetes.io/headless': '',
    });
  });

  test('keeps 1000 addresses, ready ones first', () => {
    const pods = Array.from({ length: 1002 }, (_, i) => backend(`p${i}`, `10.1.${i >> 8}.${i & 255}`, { ready: i % 2 === 0 }));
    const { subsets, truncated } = planEndpoints(service(), pods);
    assert.equal(truncated, true);
    assert.deepEqual([subsets[0]?.addresses?.length, subsets[0]?.notReadyAddresses?.length], [501, 499]);
  });
});
