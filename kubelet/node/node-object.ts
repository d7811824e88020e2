import type { Node, NodeCondition, NodeStatus, Taint } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import type { NodeResources } from './capacity.ts';
import type { Machine } from './machine.ts';

/** All that one node is made from. */
export interface NodeFacts {
  name: string;
  hostname: string;
  addresses: readonly string[];
  machine: Machine;
  resources: NodeResources;
  /** `process://1`. */
  runtimeVersion: string;
  kubeletVersion: string;
  kubeletPort: number;
  podCidr: string | undefined;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
  /** Why the node is not ready; undefined: it is. */
  notReady?: string | undefined;
}

/** Labels that the kubelet keeps on its node. Source: kubelet_node_status.go initialNode. */
export function nodeLabels({ hostname, machine, labels }: NodeFacts): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': machine.architecture,
    'beta.kubernetes.io/os': machine.operatingSystem,
    'kubernetes.io/arch': machine.architecture,
    'kubernetes.io/hostname': hostname,
    'kubernetes.io/os': machine.operatingSystem,
    ...labels,
  };
}

/** The status to post. `old` gives the transition times. Pure. Source: kubernetes pkg/kubelet/nodestatus. */
export function nodeStatus(facts: NodeFacts, old: DeepReadonly<NodeStatus> | undefined, now: number): NodeStatus {
  const { machine, resources, addresses, hostname } = facts;
  return {
    addresses: [...addresses.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: hostname }],
    capacity: resources.capacity,
    allocatable: resources.allocatable,
    conditions: conditions(facts).map((condition) => {
      const before = old?.conditions?.find(({ type }) => type === condition.type);
      const lastTransitionTime = before !== undefined && before.status === condition.status ? before.lastTransitionTime : timestamp(now);
      return { ...condition, lastHeartbeatTime: timestamp(now), lastTransitionTime };
    }),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: facts.kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: machine.operatingSystem,
      architecture: machine.architecture,
    },
    images: [],
  };
}

/** The Node as it is created. */
export function nodeObject(
  facts: NodeFacts,
  now: number,
): { metadata: { name: string; labels: Record<string, string> }; spec: Node['spec']; status: NodeStatus } {
  const { name, podCidr, taints } = facts;
  return {
    metadata: { name, labels: nodeLabels(facts) },
    spec: {
      ...(podCidr === undefined ? {} : { podCIDR: podCidr, podCIDRs: [podCidr] }),
      ...(taints.length === 0 ? {} : { taints: [...taints] }),
    },
    status: nodeStatus(facts, undefined, now),
  };
}

function conditions({ notReady }: NodeFacts): Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[] {
  const fine = (type: string, reason: string, message: string) => ({ type, status: 'False', reason, message });
  return [
    fine('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    fine('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    fine('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    notReady === undefined
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: notReady },
  ];
}
