import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceEnv } from '../../../../kubelet/env/service-env.ts';
import type { Service } from '../../../../shared/api/generated/core-v1.ts';

function service(namespace: string, name: string, clusterIP: string, ports: { name?: string; port: number; protocol?: 'UDP' }[]): Service {
  return {
    metadata: { name, namespace, uid: name, resourceVersion: '1', creationTimestamp: '' },
    spec: { clusterIP, ports: ports.map((p) => ({ targetPort: p.port, ...p })) },
  } as Service;
}

const SERVICES = [
  service('default', 'kubernetes', '127.96.0.1', [{ name: 'https', port: 443 }]),
  service('ns', 'my-db', '127.96.0.7', [{ port: 5432 }, { name: 'dns', port: 53, protocol: 'UDP' }]),
  service('ns', 'headless', 'None', [{ port: 80 }]),
  service('other', 'web', '127.96.0.9', [{ port: 80 }]),
];

test('serviceEnv names the services of the namespace and the API server', () => {
  assert.deepEqual(Object.fromEntries(serviceEnv(SERVICES, 'ns', true)), {
    KUBERNETES_SERVICE_HOST: '127.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
    KUBERNETES_PORT: 'tcp://127.96.0.1:443',
    KUBERNETES_PORT_443_TCP: 'tcp://127.96.0.1:443',
    KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
    KUBERNETES_PORT_443_TCP_PORT: '443',
    KUBERNETES_PORT_443_TCP_ADDR: '127.96.0.1',
    MY_DB_SERVICE_HOST: '127.96.0.7',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_DNS: '53',
    MY_DB_PORT: 'tcp://127.96.0.7:5432',
    MY_DB_PORT_5432_TCP: 'tcp://127.96.0.7:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '127.96.0.7',
    MY_DB_PORT_53_UDP: 'udp://127.96.0.7:53',
    MY_DB_PORT_53_UDP_PROTO: 'udp',
    MY_DB_PORT_53_UDP_PORT: '53',
    MY_DB_PORT_53_UDP_ADDR: '127.96.0.7',
  });
});

test('serviceEnv without service links names the API server only', () => {
  assert.deepEqual(
    [...serviceEnv(SERVICES, 'ns', false).keys()].filter((name) => !name.startsWith('KUBERNETES_')),
    [],
  );
  assert.equal(serviceEnv(SERVICES, 'ns', false).get('KUBERNETES_SERVICE_HOST'), '127.96.0.1');
});
