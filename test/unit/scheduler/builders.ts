import { NodeInfo } from '../../../scheduler/state/node-info.ts';
import { type PodInfo, podInfo } from '../../../scheduler/state/pod-info.ts';
import type { Container, Node, NodeSpec, Pod, PodSpec } from '../../../shared/api/generated/core-v1.ts';
import type { DeepPartial } from '../../../shared/api/meta.ts';

const meta = (name: string, labels?: Record<string, string>) => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2024-01-01T00:00:00Z',
  namespace: 'default',
  labels,
});

/** A pod with one container that requests `requests`. */
export function pod(name: string, { requests, spec }: { requests?: Record<string, string>; spec?: DeepPartial<PodSpec> } = {}): PodInfo {
  const container: Container = { name: 'c', image: 'i', resources: requests === undefined ? {} : { requests } };
  const object: Pod = {
    metadata: meta(name),
    spec: { containers: [container], schedulerName: 'default-scheduler', ...(spec as Partial<PodSpec>) },
    status: {},
  };
  return podInfo(object);
}

export function node(
  name: string,
  options: { allocatable?: Record<string, string>; labels?: Record<string, string>; spec?: NodeSpec; pods?: PodInfo[] } = {},
): NodeInfo {
  const info = new NodeInfo(name);
  info.setNode(nodeObject(name, options));
  for (const p of options.pods ?? []) info.addPod(p);
  return info;
}

export function nodeObject(
  name: string,
  { allocatable, labels, spec }: { allocatable?: Record<string, string>; labels?: Record<string, string>; spec?: NodeSpec } = {},
): Node {
  return {
    metadata: meta(name, { 'kubernetes.io/hostname': name, ...labels }),
    spec: spec ?? {},
    status: { allocatable: allocatable ?? { cpu: '4', memory: '8Gi', pods: '110' } } as Node['status'],
  };
}
