import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ResourceId } from '../../../../shared/api/scheme.ts';
import { refusals, updateRefusals } from './refusals.ts';

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const selector = { matchLabels: { app: 'a' } };
const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };

describe('validation of new objects', () => {
  const cases: { name: string; id: ResourceId; body: object; want: string[] }[] = [
    { name: 'deployment: takes a small one', id: 'deployments', body: { spec: { selector, template } }, want: [] },
    {
      name: 'deployment: wants a selector that picks its template',
      id: 'deployments',
      body: { spec: { selector: { matchLabels: { app: 'b' } }, template } },
      want: ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
    },
    { name: 'deployment: wants a selector', id: 'deployments', body: { spec: { template } }, want: ['spec.selector: Required value'] },
    {
      name: 'deployment: wants to move at all',
      id: 'deployments',
      body: { spec: { selector, template, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } }, replicas: -1 } },
      want: [
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
      ],
    },
    {
      name: 'replica set: runs its pods for ever',
      id: 'replicasets',
      body: { spec: { selector, template: once } },
      want: ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    },
    { name: 'stateful set: takes a small one', id: 'statefulsets', body: { spec: { selector, template, serviceName: 's' } }, want: [] },
    { name: 'daemon set: takes a small one', id: 'daemonsets', body: { spec: { selector, template } }, want: [] },
    { name: 'job: takes a small one', id: 'jobs', body: { spec: { template: once } }, want: [] },
    {
      name: 'job: wants to end',
      id: 'jobs',
      body: { spec: { template } },
      want: ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    },
    {
      name: 'cron job: wants a schedule',
      id: 'cronjobs',
      body: { spec: { schedule: '* * *', jobTemplate: { spec: { template: once } } } },
      want: ['spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]'],
    },
    {
      name: 'service: wants ports with names',
      id: 'services',
      body: { spec: { ports: [{ port: 80 }, { port: 81 }] } },
      want: ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    },
    {
      name: 'service: has node ports only where they are used',
      id: 'services',
      body: { spec: { ports: [{ port: 80, nodePort: 30_080 }] } },
      want: ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    },
    {
      name: 'service: external name needs a name',
      id: 'services',
      body: { spec: { type: 'ExternalName' } },
      want: ['spec.externalName: Required value'],
    },
    {
      name: 'config map: wants keys that are file names, once',
      id: 'configmaps',
      body: { data: { a: '1', '..': '2' }, binaryData: { a: 'AAEC' } },
      want: ['data[..]: Invalid value: "..": must not be \'..\'', 'data[a]: Invalid value: "a": duplicate of key present in binaryData'],
    },
    {
      name: 'secret: wants what its type needs',
      id: 'secrets',
      body: { type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'x' } },
      want: ['data[tls.key]: Required value'],
    },
    {
      name: 'event: lies where its object does',
      id: 'events',
      body: { involvedObject: { namespace: 'other', name: 'x' } },
      want: ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
    },
    {
      name: 'lease: lasts',
      id: 'leases',
      body: { spec: { leaseDurationSeconds: 0 } },
      want: ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    },
    {
      name: 'endpoints: may be loopback addresses',
      id: 'endpoints',
      body: { subsets: [{ addresses: [{ ip: '127.1.2.3' }], ports: [{ port: 80 }] }] },
      want: [],
    },
    {
      name: 'endpoint slice: may have loopback addresses',
      id: 'endpointslices',
      body: { addressType: 'IPv4', endpoints: [{ addresses: ['127.1.2.3'] }] },
      want: [],
    },
    {
      name: 'role: wants verbs',
      id: 'roles',
      body: { rules: [{ apiGroups: [''], resources: ['pods'] }] },
      want: ['rules[0].verbs: Required value: verbs must contain at least one value'],
    },
    { name: 'role: may have a name with colons', id: 'clusterroles', body: { metadata: { name: 'system:a' } }, want: [] },
    {
      name: 'ingress: wants a path type',
      id: 'ingresses',
      body: { spec: { rules: [{ http: { paths: [{ path: '/', backend: {} }] } }] } },
      want: ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
    },
    {
      name: 'priority class: leaves the highest values to the system',
      id: 'priorityclasses',
      body: { value: 1_000_000_001 },
      want: ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    },
    {
      name: 'metadata: checks labels and finalizers',
      id: 'configmaps',
      body: { metadata: { name: 'a', labels: { 'a/b/c': '1' }, finalizers: ['mine'] } },
      want: [
        "metadata.labels: Invalid value: \"a/b/c\": a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    },
  ];
  for (const { name, id, body, want } of cases) test(name, () => assert.deepEqual(refusals(id, body), want));
});

describe('validation of updates', () => {
  const cases: { name: string; id: ResourceId; before: object; after: object; want: string[] }[] = [
    {
      name: 'deployment: keeps its selector',
      id: 'deployments',
      before: { spec: { selector, template } },
      after: {
        spec: { selector: { matchLabels: { app: 'a', b: 'c' } }, template: { ...template, metadata: { labels: { app: 'a', b: 'c' } } } },
      },
      want: ['spec.selector: Invalid value: {"matchLabels":{"app":"a","b":"c"}}: field is immutable'],
    },
    {
      name: 'config map: is frozen when it says so',
      id: 'configmaps',
      before: { data: { a: '1' }, immutable: true },
      after: { data: { a: '2' }, immutable: true },
      want: ['data: Forbidden: field is immutable when `immutable` is set'],
    },
    {
      name: 'secret: keeps its type',
      id: 'secrets',
      before: { type: 'a' },
      after: { type: 'b' },
      want: ['type: Invalid value: "b": field is immutable'],
    },
    {
      name: 'role binding: keeps its role',
      id: 'rolebindings',
      before: { roleRef: { kind: 'Role', name: 'a' } },
      after: { roleRef: { kind: 'Role', name: 'b' } },
      want: ['roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"b"}: cannot change roleRef'],
    },
  ];
  for (const { name, id, before, after, want } of cases) test(name, () => assert.deepEqual(updateRefusals(id, before, after), want));
});
