import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planServicePorts } from '../../../kube-proxy/plan-service-ports.ts';
import type { ServicePort } from '../../../kube-proxy/proxier.ts';
import type { Service } from '../../../shared/api/generated/core-v1.ts';
import type { Endpoint, EndpointSlice } from '../../../shared/api/generated/discovery-v1.ts';

const metadata = { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const service = (spec: Partial<Service['spec']>, labels?: Record<string, string>): Service => ({
  metadata: { ...metadata, labels },
  spec: {
    clusterIP: '127.1.0.9',
    clusterIPs: ['127.1.0.9'],
    ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
    ...spec,
  },
  status: { loadBalancer: {} },
});
const slice = (endpoints: Endpoint[]): EndpointSlice => ({
  metadata,
  addressType: 'IPv4',
  endpoints,
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
});
const at = (ip: string, conditions: Endpoint['conditions'] = { ready: true }, nodeName = 'n1'): Endpoint => ({
  addresses: [ip],
  conditions,
  nodeName,
});
const served = (more: Partial<ServicePort>): ServicePort => ({
  id: 'default/web:http/TCP',
  protocol: 'TCP',
  frontends: [{ ip: '127.1.0.9', port: 80 }],
  endpoints: [],
  affinityMs: undefined,
  ...more,
});

describe('planServicePorts', () => {
  const cases: { name: string; service: Service | undefined; endpoints?: Endpoint[]; want: ServicePort[] }[] = [
    { name: 'serves nothing for a service that is gone', service: undefined, want: [] },
    { name: 'leaves headless services alone', service: service({ clusterIP: 'None', clusterIPs: ['None'] }), want: [] },
    { name: 'leaves ExternalName services alone', service: service({ type: 'ExternalName' }), want: [] },
    { name: "leaves another proxy's services alone", service: service({}, { 'service.kubernetes.io/service-proxy-name': 'x' }), want: [] },
    {
      name: 'maps the port by its name',
      service: service({}),
      endpoints: [at('127.1.128.5')],
      want: [served({ endpoints: [{ ip: '127.1.128.5', port: 8080 }] })],
    },
    {
      name: 'adds node addresses for a NodePort',
      service: service({ ports: [{ name: 'http', port: 80, nodePort: 30_080, targetPort: 8080 }] }),
      want: [
        served({
          frontends: [
            { ip: '127.1.0.9', port: 80 },
            { ip: '127.0.0.1', port: 30_080 },
          ],
        }),
      ],
    },
    {
      name: 'leaves out endpoints that are not ready',
      service: service({}),
      endpoints: [at('127.1.128.5', { ready: false }), at('127.1.128.6')],
      want: [served({ endpoints: [{ ip: '127.1.128.6', port: 8080 }] })],
    },
    {
      name: 'takes terminating endpoints that still serve when there is no other',
      service: service({}),
      endpoints: [
        at('127.1.128.5', { ready: false, serving: true, terminating: true }),
        at('127.1.128.6', { ready: false, serving: false, terminating: true }),
      ],
      want: [served({ endpoints: [{ ip: '127.1.128.5', port: 8080 }] })],
    },
    {
      name: 'keeps to the node where the internal policy is Local',
      service: service({ internalTrafficPolicy: 'Local' }),
      endpoints: [at('127.1.128.5', { ready: true }, 'n2'), at('127.1.128.6')],
      want: [served({ endpoints: [{ ip: '127.1.128.6', port: 8080 }] })],
    },
    {
      name: 'remembers clients for three hours by default',
      service: service({ sessionAffinity: 'ClientIP' }),
      want: [served({ affinityMs: 10_800_000 })],
    },
  ];
  for (const { name, service: input, endpoints = [], want } of cases)
    test(name, () =>
      assert.deepEqual(planServicePorts({ service: input, slices: [slice(endpoints)], nodePortIps: ['127.0.0.1'], nodeName: 'n1' }), want),
    );
});
