import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { compareQuantities } from '../../shared/machinery/quantity.ts';

export type QosClass = 'BestEffort' | 'Burstable' | 'Guaranteed';

const COUNTED = ['cpu', 'memory'] as const;

/**
 * Guaranteed: every container limits cpu and memory and asks for just that; BestEffort: none asks for anything; else Burstable.
 * Source: kubernetes pkg/apis/core/v1/helper/qos ComputePodQOS.
 */
export function qosClass({ spec }: { readonly spec: DeepReadonly<Pod>['spec'] }): QosClass {
  if (spec.resources !== undefined) return classOf([spec.resources]);
  return classOf([...(spec.initContainers ?? []), ...spec.containers].map(({ resources }) => resources ?? {}));
}

function classOf(
  all: readonly {
    readonly requests?: Readonly<Record<string, string>> | undefined;
    readonly limits?: Readonly<Record<string, string>> | undefined;
  }[],
): QosClass {
  let any = false;
  let guaranteed = true;
  for (const { requests = {}, limits = {} } of all) {
    for (const resource of COUNTED) {
      const limit = present(limits[resource]);
      const request = present(requests[resource]) ?? limit;
      if (request !== undefined) any = true;
      if (limit === undefined || request === undefined || compareQuantities(limit, request) !== 0) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function present(quantity: string | undefined): string | undefined {
  return quantity === undefined || compareQuantities(quantity, '0') === 0 ? undefined : quantity;
}
