import type { PersistentVolumeClaim, Pod, Service } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { addQuantities, compareQuantities } from '../../shared/machinery/quantity.ts';
import { computeQos } from '../registry/strategies/pod-qos.ts';
import { own } from '../schema/record.ts';

/** Amounts by the names that quotas use: `pods`, `requests.cpu`, `count/jobs.batch`. */
export type Usage = Record<string, string>;

const COUNTED_BY_NAME = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

/** What one object takes from the quotas of its namespace. Pods that are done take only their place in `count/pods`. */
export function usageOf(info: ResourceInfo, object: DeepReadonly<UntypedObject>): Usage {
  const count = `count/${info.group === '' ? info.plural : `${info.plural}.${info.group}`}`;
  const usage: Usage = { [count]: '1', ...(info.group === '' && COUNTED_BY_NAME.has(info.plural) ? { [info.plural]: '1' } : {}) };
  if (info.id === 'pods') return { ...usage, ...podUsage(object as unknown as DeepReadonly<Pod>) };
  if (info.id === 'services') return { ...usage, ...serviceUsage(object as unknown as DeepReadonly<Service>) };
  if (info.id !== 'persistentvolumeclaims') return usage;
  const { spec } = object as unknown as DeepReadonly<PersistentVolumeClaim>;
  const storage = spec.resources.requests?.['storage'] ?? '0';
  const ofClass = spec.storageClassName === undefined ? {} : classUsage(spec.storageClassName, storage);
  return { ...usage, 'requests.storage': storage, ...ofClass };
}

function classUsage(name: string, storage: string): Usage {
  const prefix = `${name}.storageclass.storage.k8s.io`;
  return { [`${prefix}/requests.storage`]: storage, [`${prefix}/persistentvolumeclaims`]: '1' };
}

function serviceUsage({ spec }: DeepReadonly<Service>): Usage {
  if (spec.type === 'NodePort') return { 'services.nodeports': String((spec.ports ?? []).length) };
  if (spec.type !== 'LoadBalancer') return {};
  const ports = spec.allocateLoadBalancerNodePorts === false ? 0 : (spec.ports ?? []).length;
  return { 'services.loadbalancers': '1', 'services.nodeports': String(ports) };
}

/** Containers run side by side, init containers before them one by one. */
function podUsage({ spec, status }: DeepReadonly<Pod>): Usage {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return {};
  const usage: Usage = { pods: '1' };
  for (const kind of ['requests', 'limits'] as const) {
    const total: Usage = {};
    for (const { resources } of spec.containers ?? []) addAll(total, resources[kind] ?? {});
    for (const { resources } of spec.initContainers ?? []) {
      for (const [name, value] of Object.entries(resources[kind] ?? {})) {
        if (compareQuantities(value, own(total, name) ?? '0') > 0) total[name] = value;
      }
    }
    addAll(total, spec.overhead ?? {});
    for (const [name, value] of Object.entries(total)) {
      usage[`${kind}.${name}`] = value;
      if (kind === 'requests' && !name.includes('/')) usage[name] = value;
    }
  }
  return usage;
}

/** Adds `more` to `total` in place. */
export function addAll(total: Usage, more: Readonly<Usage>): void {
  for (const [name, value] of Object.entries(more)) {
    const so = own(total, name);
    total[name] = so === undefined ? value : addQuantities(so, value);
  }
}

/** Whether a quota's scope covers a pod. Source: kubernetes pkg/quota/v1/evaluator/core podMatchesScopeFunc. */
export function podInScope(pod: DeepReadonly<Pod>, scope: string): boolean {
  switch (scope) {
    case 'Terminating':
      return pod.spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return pod.spec.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return computeQos(pod.spec) === 'BestEffort';
    case 'NotBestEffort':
      return computeQos(pod.spec) !== 'BestEffort';
    default:
      return false;
  }
}
