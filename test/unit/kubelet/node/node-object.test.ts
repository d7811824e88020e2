import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realNode, simulatedNode } from '../../../../kubelet/node/node-facts.ts';
import { nodeLabels, nodeObject, nodeStatus } from '../../../../kubelet/node/node-object.ts';
import { T0 } from '../pods/builders.ts';

const machine = {
  hostname: 'host',
  operatingSystem: 'linux',
  architecture: 'amd64',
  kernelVersion: '6.18',
  osImage: 'Debian',
  machineId: 'm',
  systemUuid: 's',
  bootId: 'b',
  cpus: 2,
  memoryBytes: 8 * 2 ** 30,
  diskBytes: 100 * 2 ** 30,
  address: '10.0.0.1',
};
const options = {
  nodeName: 'n1',
  hostnameOverride: undefined,
  nodeIp: [],
  podCidr: '127.100.1.0/24',
  maxPods: 110,
  nodeLabels: ['zone=a'],
  registerWithTaints: ['gpu=yes:NoSchedule', 'x:NoExecute'],
};
const inputs = { options, machine, runtimeVersion: 'process://1', kubeletVersion: 'v1.36.0', kubeletPort: 10250 };

test('a real node is made from the machine', () => {
  const facts = realNode(inputs);
  const { metadata, spec, status } = nodeObject(facts, T0);
  assert.deepEqual(metadata, {
    name: 'n1',
    labels: {
      'beta.kubernetes.io/arch': 'amd64',
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': 'n1',
      'kubernetes.io/os': 'linux',
      zone: 'a',
    },
  });
  assert.deepEqual(spec, {
    podCIDR: '127.100.1.0/24',
    podCIDRs: ['127.100.1.0/24'],
    taints: [
      { key: 'gpu', value: 'yes', effect: 'NoSchedule' },
      { key: 'x', effect: 'NoExecute' },
    ],
  });
  assert.deepEqual(status.addresses, [
    { type: 'InternalIP', address: '10.0.0.1' },
    { type: 'Hostname', address: 'n1' },
  ]);
  assert.deepEqual(status.capacity, {
    cpu: '2',
    'ephemeral-storage': '104857600Ki',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: '8388608Ki',
    pods: '110',
  });
  assert.deepEqual(status.allocatable, {
    cpu: '2',
    'ephemeral-storage': '96636764160',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: '8286208Ki',
    pods: '110',
  });
  assert.deepEqual(
    status.conditions?.map(({ type, status: value, reason, message }) => [type, value, reason, message]),
    [
      ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
      ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
      ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
      ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
    ],
  );
});

test('a status keeps the transition times of what did not change', () => {
  const facts = realNode(inputs);
  const old = nodeStatus(facts, undefined, T0);
  const next = nodeStatus({ ...facts, notReady: 'container runtime is down' }, old, T0 + 60_000);
  assert.deepEqual(
    next.conditions?.map(({ type, lastHeartbeatTime, lastTransitionTime }) => [type, lastHeartbeatTime, lastTransitionTime]),
    [
      ['MemoryPressure', '2024-01-01T00:01:00Z', '2024-01-01T00:00:00Z'],
      ['DiskPressure', '2024-01-01T00:01:00Z', '2024-01-01T00:00:00Z'],
      ['PIDPressure', '2024-01-01T00:01:00Z', '2024-01-01T00:00:00Z'],
      ['Ready', '2024-01-01T00:01:00Z', '2024-01-01T00:01:00Z'],
    ],
  );
});

test('simulated nodes differ in name and pod range', () => {
  const facts = simulatedNode({ ...inputs, options: { ...options, podCidr: undefined } }, 'sim', 300);
  assert.deepEqual([facts.name, facts.podCidr, nodeLabels(facts)['kubernetes.io/hostname']], ['sim-300', '127.129.44.0/24', 'sim-300']);
});
