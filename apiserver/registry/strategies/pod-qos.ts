import type { PodSpec } from '../../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../../shared/api/meta.ts';
import { addQuantities, compareQuantities } from '../../../shared/machinery/quantity.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';
const COUNTED = ['cpu', 'memory'];

/** A pod's quality of service from the cpu and memory of its containers. Source: kubernetes component-helpers ComputePodQOS. */
export function computeQos(spec: DeepReadonly<PodSpec>): QosClass {
  const requests = new Map<string, string>();
  const limits = new Map<string, string>();
  let guaranteed = true;
  const parts =
    spec.resources === undefined ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])] : [{ resources: spec.resources }];
  for (const { resources } of parts) {
    add(requests, resources.requests);
    const limited = add(limits, resources.limits);
    if (limited < COUNTED.length) guaranteed = false;
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  if (!guaranteed || requests.size !== limits.size) return 'Burstable';
  for (const [name, request] of requests) {
    const limit = limits.get(name);
    if (limit === undefined || compareQuantities(limit, request) !== 0) return 'Burstable';
  }
  return 'Guaranteed';
}

/** Adds what is counted and not zero to the totals; returns how many there were. */
function add(totals: Map<string, string>, list: DeepReadonly<Record<string, string>> | undefined): number {
  let count = 0;
  for (const name of COUNTED) {
    const value = list?.[name];
    if (value === undefined || compareQuantities(value, '0') <= 0) continue;
    count++;
    const total = totals.get(name);
    totals.set(name, total === undefined ? value : addQuantities(total, value));
  }
  return count;
}
