import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AdmissionPlugin, AdmissionRequest } from '../../../../apiserver/admission/chain.ts';
import { DefaultTolerationSeconds } from '../../../../apiserver/admission/default-toleration-seconds.ts';
import { LimitRanger } from '../../../../apiserver/admission/limit-ranger.ts';
import { Priority } from '../../../../apiserver/admission/priority.ts';
import { ResourceQuota } from '../../../../apiserver/admission/resource-quota.ts';
import { RuntimeClass } from '../../../../apiserver/admission/runtime-class.ts';
import { ServiceAccount } from '../../../../apiserver/admission/service-account.ts';
import type { ObjectReader } from '../../../../apiserver/registry/object-reader.ts';
import type { PodSpec } from '../../../../shared/api/generated/core-v1.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';
import { resourceInfo } from '../../../../shared/api/scheme.ts';
import { realClock } from '../../../../shared/machinery/clock.ts';

const meta = (name: string): UntypedObject['metadata'] => ({
  name,
  namespace: 'demo',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2024-01-01T00:00:00Z',
});
const STORED: Record<string, UntypedObject[]> = {
  priorityclasses: [{ metadata: meta('high'), value: 100 }],
  serviceaccounts: [{ metadata: meta('default'), imagePullSecrets: [{ name: 'pull' }] }],
  limitranges: [
    {
      metadata: meta('l'),
      spec: { limits: [{ type: 'Container', max: { cpu: '1' }, default: { cpu: '500m' }, defaultRequest: { cpu: '100m' } }] },
    },
  ],
  resourcequotas: [{ metadata: meta('two'), spec: { hard: { pods: '2', 'requests.cpu': '1' } } }],
  pods: [
    {
      metadata: meta('old'),
      spec: { containers: [{ name: 'c', resources: { requests: { cpu: '600m' } } }] },
      status: { phase: 'Running' },
    },
  ],
  runtimeclasses: [{ metadata: meta('slow'), handler: 'x', overhead: { podFixed: { cpu: '10m' } } }],
};
const reader: ObjectReader = {
  get: (resource, _namespace, name) => STORED[resource]?.find(({ metadata }) => metadata.name === name),
  list: (resource) => STORED[resource] ?? [],
};

async function admit(plugin: AdmissionPlugin, spec: object, from = reader): Promise<PodSpec> {
  const object = {
    metadata: meta('p'),
    spec: { containers: [{ name: 'c', resources: {} }], ...structuredClone(spec) },
  };
  const request: AdmissionRequest = {
    operation: 'CREATE',
    info: resourceInfo('pods'),
    subresource: '',
    namespace: 'demo',
    name: 'p',
    object,
    user: { name: 'alice', groups: [] },
    dryRun: false,
    afterwards: [],
    warn() {},
  };
  await plugin.mutate?.(request, from);
  await plugin.validate?.(request, from);
  return object.spec as unknown as PodSpec;
}

const account = new ServiceAccount({ random: () => 0, clock: realClock });
const refused: { name: string; plugin: AdmissionPlugin; spec: object; want: string }[] = [
  {
    name: 'a class that is not there',
    plugin: new Priority(),
    spec: { priorityClassName: 'none' },
    want: 'pods "p" is forbidden: no PriorityClass with name none was found',
  },
  {
    name: 'a priority of its own',
    plugin: new Priority(),
    spec: { priority: 7 },
    want: 'pods "p" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
  },
  {
    name: 'an account that is not there',
    plugin: account,
    spec: { serviceAccountName: 'bot' },
    want: 'pods "p" is forbidden: error looking up service account demo/bot: serviceaccount "bot" not found',
  },
  {
    name: 'more than the limit',
    plugin: new LimitRanger(),
    spec: { containers: [{ name: 'c', resources: { limits: { cpu: '2' }, requests: { cpu: '2' } } }] },
    want: 'pods "p" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
  },
  {
    name: 'a runtime class that is not there',
    plugin: new RuntimeClass(),
    spec: { runtimeClassName: 'x' },
    want: 'pods "p" is forbidden: pod rejected: RuntimeClass "x" not found',
  },
  {
    name: 'a pod that nobody can count',
    plugin: new ResourceQuota(),
    spec: {},
    want: 'pods "p" is forbidden: failed quota: two: must specify requests.cpu for: c',
  },
  {
    name: 'a pod beyond the quota',
    plugin: new ResourceQuota(),
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '500m' } } }] },
    want: 'pods "p" is forbidden: exceeded quota: two, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
  },
];

describe('admission of pods refuses', () => {
  for (const { name, plugin, spec, want } of refused) test(name, async () => assert.rejects(admit(plugin, spec), { message: want }));
});

describe('admission of pods', () => {
  test('turns a class into a priority', async () => {
    const { priority, preemptionPolicy } = await admit(new Priority(), { priorityClassName: 'high' });
    assert.deepEqual({ priority, preemptionPolicy }, { priority: 100, preemptionPolicy: 'PreemptLowerPriority' });
  });

  test('mounts the token of the account and takes its pull secrets', async () => {
    const spec = await admit(account, {});
    const { name } = spec.volumes?.[0] ?? { name: '' };
    assert.match(name, /^kube-api-access-[a-z0-9]{5}$/);
    assert.deepEqual(spec.containers[0]?.volumeMounts, [
      { name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ]);
    assert.equal(spec.serviceAccountName, 'default');
    assert.deepEqual(spec.imagePullSecrets, [{ name: 'pull' }]);
  });

  test('waits for the default account of a new namespace', async () => {
    let looks = 0;
    const late: ObjectReader = { ...reader, get: (...key) => (++looks < 3 ? undefined : reader.get(...key)) };
    assert.equal((await admit(account, {}, late)).serviceAccountName, 'default');
  });

  test('mounts no token where none is wanted', async () => {
    assert.equal((await admit(account, { automountServiceAccountToken: false })).volumes, undefined);
  });

  test('lets pods stay on troubled nodes for a while', async () => {
    const { tolerations } = await admit(new DefaultTolerationSeconds(), {
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }],
    });
    assert.deepEqual(tolerations, [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ]);
  });

  test('gives containers the default resources of the namespace', async () => {
    const { containers } = await admit(new LimitRanger(), {});
    assert.deepEqual(containers[0]?.resources, { requests: { cpu: '100m' }, limits: { cpu: '500m' } });
  });

  test('leaves pods within the quota alone', async () => {
    await admit(new ResourceQuota(), { containers: [{ name: 'c', resources: { requests: { cpu: '400m' } } }] });
  });

  test('adds the overhead of the runtime class', async () => {
    assert.deepEqual((await admit(new RuntimeClass(), { runtimeClassName: 'slow' })).overhead, { cpu: '10m' });
  });
});
