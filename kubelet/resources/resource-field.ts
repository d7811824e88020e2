import type { Container } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { compareQuantities, quantityMilli, quantityValue } from '../../shared/machinery/quantity.ts';

/** Resources that fall back to the node's allocatable when the container has no limit. */
const NODE_DEFAULTS = new Set(['cpu', 'memory', 'ephemeral-storage']);

/**
 * The number behind `limits.cpu`, `requests.memory` and so on, in units of `divisor`, rounded up; undefined for an unknown path.
 * A missing limit reads as what the node can give. Source: kubernetes pkg/api/v1/resource ExtractContainerResourceValue.
 */
export function resourceFieldValue(
  container: DeepReadonly<Container>,
  { resource, divisor }: { readonly resource: string; readonly divisor?: string | undefined },
  allocatable: Readonly<Record<string, string>>,
): string | undefined {
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource);
  if (match === null) return undefined;
  const [, list, name = ''] = match;
  const { limits = {}, requests = {} } = container.resources ?? {};
  const own = list === 'limits' ? limits[name] : requests[name];
  const missing = own === undefined || compareQuantities(own, '0') === 0;
  const quantity = missing && list === 'limits' && NODE_DEFAULTS.has(name) ? (allocatable[name] ?? '0') : (own ?? '0');
  const unit = divisor === undefined || divisor === '' || divisor === '0' ? '1' : divisor;
  const measure = name === 'cpu' ? quantityMilli : quantityValue;
  return String(Math.ceil(measure(quantity) / measure(unit)));
}
