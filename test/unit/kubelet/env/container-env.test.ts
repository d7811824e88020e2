import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { containerEnv, type EnvInputs } from '../../../../kubelet/env/container-env.ts';
import type { ObjectSource } from '../../../../kubelet/env/object-source.ts';
import type { ConfigMap, Container, Secret } from '../../../../shared/api/generated/core-v1.ts';
import { container, pod } from '../pods/builders.ts';

const OBJECTS: ObjectSource = {
  configMap: async (_namespace, name) => (name === 'cm' ? ({ data: { a: '1', b: '2' } } as unknown as ConfigMap) : undefined),
  secret: async (_namespace, name) =>
    name === 'sec' ? ({ data: { token: Buffer.from('s3cret').toString('base64') } } as unknown as Secret) : undefined,
};
const INPUTS: EnvInputs = {
  services: [],
  objects: OBJECTS,
  addresses: { podIPs: ['127.100.1.2'], hostIPs: ['10.0.0.1'] },
  allocatable: { cpu: '2', memory: '1Gi' },
};

async function env(fields: Partial<Container>): Promise<Record<string, string>> {
  const of = pod(
    { nodeName: 'n1', serviceAccountName: 'sa', containers: [container('c', fields)] },
    { metadata: { labels: { app: 'web' } } },
  );
  return Object.fromEntries(await containerEnv(of, container('c', fields), INPUTS));
}
const field = (fieldPath: string) => ({ name: 'X', valueFrom: { fieldRef: { fieldPath } } });
const resource = (path: string, divisor = '0') => ({ name: 'X', valueFrom: { resourceFieldRef: { resource: path, divisor } } });
const limited = { limits: { cpu: '1500m' }, requests: { memory: '100Mi' } };

describe('containerEnv', () => {
  const cases: { name: string; fields: Partial<Container>; want: Record<string, string> }[] = [
    {
      name: 'expands what was set before',
      fields: {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '$(A)-$(C)' },
          { name: 'C', value: '3' },
        ],
      },
      want: { A: '1', B: '1-$(C)', C: '3' },
    },
    {
      name: 'lets env win over envFrom',
      fields: {
        envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm' } }, { secretRef: { name: 'sec' } }],
        env: [{ name: 'P_a', value: 'own' }],
      },
      want: { P_a: 'own', P_b: '2', token: 's3cret' },
    },
    {
      name: 'reads keys',
      fields: {
        env: [
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } },
          { name: 'S', valueFrom: { secretKeyRef: { name: 'sec', key: 'token' } } },
        ],
      },
      want: { A: '1', S: 's3cret' },
    },
    {
      name: 'leaves out what is optional and missing',
      fields: {
        envFrom: [{ configMapRef: { name: 'no', optional: true } }],
        env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'no', optional: true } } }],
      },
      want: {},
    },
    { name: 'knows the pod', fields: { env: [field("metadata.labels['app']")] }, want: { X: 'web' } },
    { name: 'knows the namespace', fields: { env: [field('metadata.namespace')] }, want: { X: 'ns' } },
    { name: 'knows the node', fields: { env: [field('spec.nodeName')] }, want: { X: 'n1' } },
    { name: 'knows the service account', fields: { env: [field('spec.serviceAccountName')] }, want: { X: 'sa' } },
    {
      name: 'knows the addresses',
      fields: { env: [field('status.podIP'), { ...field('status.hostIP'), name: 'H' }] },
      want: { X: '127.100.1.2', H: '10.0.0.1' },
    },
    { name: 'rounds cpu up to whole cores', fields: { resources: limited, env: [resource('limits.cpu')] }, want: { X: '2' } },
    { name: 'divides cpu', fields: { resources: limited, env: [resource('limits.cpu', '1m')] }, want: { X: '1500' } },
    { name: 'divides memory', fields: { resources: limited, env: [resource('requests.memory', '1Mi')] }, want: { X: '100' } },
    {
      name: 'takes the limit of the node for a missing one',
      fields: { resources: limited, env: [resource('limits.memory', '1Mi')] },
      want: { X: '1024' },
    },
  ];
  for (const { name, fields, want } of cases) test(name, async () => assert.deepEqual(await env(fields), want));

  const failures: { fields: Partial<Container>; message: string }[] = [
    { fields: { envFrom: [{ configMapRef: { name: 'x' } }] }, message: 'configmap "x" not found' },
    { fields: { envFrom: [{ secretRef: { name: 'x' } }] }, message: 'secret "x" not found' },
    {
      fields: { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }] },
      message: "couldn't find key k in ConfigMap ns/cm",
    },
    {
      fields: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'sec', key: 'k' } } }] },
      message: "couldn't find key k in Secret ns/sec",
    },
    { fields: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'x', key: 'k' } } }] }, message: 'secret "x" not found' },
  ];
  for (const { fields, message } of failures) test(`fails with ${message}`, () => assert.rejects(env(fields), { message }));
});
