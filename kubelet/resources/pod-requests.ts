import type { Container, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { quantityMilli, quantityValue } from '../../shared/machinery/quantity.ts';

/** Resource name → amount: cpu in thousandths, all others in whole units. */
export type Amounts = Map<string, number>;

/** A quantity in the unit of its resource. */
export function amountOf(resource: string, quantity: string): number {
  return resource === 'cpu' ? quantityMilli(quantity) : quantityValue(quantity);
}

/**
 * What a pod asks for: its containers and sidecars together, or its largest init container where that is more; plus its overhead.
 * Source: component-helpers/resource PodRequests.
 */
export function podRequests({ spec }: DeepReadonly<Pod>): Amounts {
  const sidecars: Amounts = new Map();
  const largest: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      add(sidecars, container);
      raise(largest, sidecars);
    } else {
      const together = new Map(sidecars);
      add(together, container);
      raise(largest, together);
    }
  }
  const total = new Map(sidecars);
  for (const container of spec.containers) add(total, container);
  raise(total, largest);
  for (const [name, quantity] of Object.entries(spec.resources?.requests ?? {})) total.set(name, amountOf(name, quantity));
  add(total, { resources: { requests: { ...spec.overhead } } });
  return total;
}

function add(sum: Amounts, { resources }: Pick<DeepReadonly<Container>, 'resources'>): void {
  for (const [name, quantity] of Object.entries(resources?.requests ?? {})) sum.set(name, (sum.get(name) ?? 0) + amountOf(name, quantity));
}

function raise(sum: Amounts, to: Amounts): void {
  for (const [name, amount] of to) sum.set(name, Math.max(sum.get(name) ?? 0, amount));
}
