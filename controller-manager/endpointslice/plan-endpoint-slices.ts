import { isDeepStrictEqual } from 'node:util';
import type { Endpoint, EndpointPort, EndpointSlice as EndpointSliceObject } from '../../shared/api/generated/discovery-v1.ts';
import type { DeepReadonly, OwnerReference } from '../../shared/api/meta.ts';
import { HEADLESS_LABEL, isHeadless, type Service } from '../endpoints/pod-endpoint.ts';
import { controllerReference } from '../replicaset/pod-from-template.ts';
import type { DesiredEndpoint } from './desired-endpoints.ts';

export type EndpointSlice = DeepReadonly<EndpointSliceObject>;
export type AddressType = EndpointSliceObject['addressType'];

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslice-controller.k8s.io';

/** A slice to be created; the API server names it. */
export interface NewSlice extends Pick<EndpointSlice, 'addressType'> {
  metadata: { namespace: string | undefined; generateName: string; labels: Record<string, string>; ownerReferences: OwnerReference[] };
  endpoints: readonly DeepReadonly<Endpoint>[];
  ports: readonly EndpointPort[];
}

export interface SlicesPlan {
  create: NewSlice[];
  update: EndpointSlice[];
  remove: EndpointSlice[];
}

export interface SlicesInput {
  service: Service;
  addressTypes: readonly AddressType[];
  /** What the slices should hold together. */
  desired: readonly DesiredEndpoint[];
  /** The slices of this service that we manage. */
  existing: readonly EndpointSlice[];
  /** Most endpoints in a slice we fill. */
  maxPerSlice: number;
}

/**
 * The fewest writes after which the slices hold exactly `desired`: endpoints stay where they are, new ones fill slices that change
 * anyway, then the fullest slice with room, then new slices. A family without endpoints keeps one empty slice.
 * Source: kubernetes staging endpointslice reconciler reconcileByPortMapping.
 */
export function planEndpointSlices(input: SlicesInput): SlicesPlan {
  const families = input.addressTypes.map((addressType) => reuse(planFamily(input, addressType)));
  return {
    create: families.flatMap(({ create }) => create),
    update: families.flatMap(({ update }) => update),
    remove: [
      ...families.flatMap(({ remove }) => remove),
      ...input.existing.filter(({ addressType }) => !input.addressTypes.includes(addressType)),
    ],
  };
}

function planFamily({ service, desired, existing, maxPerSlice }: SlicesInput, addressType: AddressType): SlicesPlan {
  const slices = existing.filter((slice) => slice.addressType === addressType);
  const wanted = groupBy(
    desired.filter((each) => each.addressType === addressType),
    ({ ports }) => portsKey(ports),
  );
  if (wanted.size === 0) return planPlaceholder(service, addressType, slices);
  const plan: SlicesPlan = { create: [], update: [], remove: [] };
  const present = groupBy(slices, (slice) => portsKey(slice.ports ?? []));
  for (const [key, group] of wanted) planPorts({ service, addressType, maxPerSlice }, group, present.get(key) ?? [], plan);
  for (const [key, left] of present) if (!wanted.has(key)) plan.remove.push(...left);
  return plan;
}

function planPlaceholder(service: Service, addressType: AddressType, slices: readonly EndpointSlice[]): SlicesPlan {
  const keep = slices.find(({ ports }) => (ports ?? []).length === 0) ?? slices[0];
  if (keep === undefined) return { create: [newSlice(service, addressType, [], [])], update: [], remove: [] };
  const isEmpty = (keep.endpoints ?? []).length === 0 && (keep.ports ?? []).length === 0 && labelsMatch(keep, service);
  const update = isEmpty ? [] : [{ ...withContent(keep, service, []), ports: [] }];
  return { create: [], update, remove: slices.filter((slice) => slice !== keep) };
}

/** A slice that is to go becomes the one that is to come: one write instead of two, and no gap for those who watch. */
function reuse({ create, update, remove }: SlicesPlan): SlicesPlan {
  const pairs = Math.min(create.length, remove.length);
  const reused = remove.slice(0, pairs).map((slice, i): EndpointSlice => {
    const next = create[i];
    return next === undefined
      ? slice
      : { ...slice, metadata: { ...slice.metadata, labels: next.metadata.labels }, endpoints: next.endpoints, ports: next.ports };
  });
  return { create: create.slice(pairs), update: [...update, ...reused], remove: remove.slice(pairs) };
}

type Target = { service: Service; addressType: AddressType; maxPerSlice: number };

function planPorts(
  { service, addressType, maxPerSlice }: Target,
  group: readonly DesiredEndpoint[],
  slices: readonly EndpointSlice[],
  plan: SlicesPlan,
): void {
  const missing = new Map(group.map((each) => [endpointKey(each.endpoint), each.endpoint]));
  const drafts = slices.map((slice) => {
    let changed = !labelsMatch(slice, service);
    const kept: DeepReadonly<Endpoint>[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const want = missing.get(endpointKey(endpoint));
      missing.delete(endpointKey(endpoint));
      if (want === undefined || !isDeepStrictEqual(want, endpoint)) changed = true;
      if (want !== undefined) kept.push(want);
    }
    return { slice, kept, changed };
  });
  const rest = [...missing.values()];
  for (const draft of drafts.filter(({ changed }) => changed))
    draft.kept.push(...rest.splice(0, Math.max(0, maxPerSlice - draft.kept.length)));
  // What is left may fit whole into a slice that would otherwise stay as it is: the fullest one.
  const remainder = rest.length % maxPerSlice;
  const roomy = drafts
    .filter(({ changed, kept }) => !changed && kept.length + remainder <= maxPerSlice)
    .sort((a, b) => b.kept.length - a.kept.length)[0];
  if (remainder > 0 && roomy !== undefined) {
    roomy.kept.push(...rest.splice(0, remainder));
    roomy.changed = true;
  }
  for (const { slice, kept, changed } of drafts) {
    if (kept.length === 0) plan.remove.push(slice);
    else if (changed) plan.update.push(withContent(slice, service, kept));
  }
  const ports = group[0]?.ports ?? [];
  while (rest.length > 0) plan.create.push(newSlice(service, addressType, rest.splice(0, maxPerSlice), ports));
}

function newSlice(
  service: Service,
  addressType: AddressType,
  endpoints: readonly DeepReadonly<Endpoint>[],
  ports: readonly EndpointPort[],
): NewSlice {
  return {
    metadata: {
      namespace: service.metadata.namespace,
      generateName: `${service.metadata.name}-`,
      labels: sliceLabels(service),
      ownerReferences: [controllerReference(service, { apiVersion: 'v1', kind: 'Service' })],
    },
    addressType,
    endpoints,
    ports,
  };
}

function withContent(slice: EndpointSlice, service: Service, endpoints: readonly DeepReadonly<Endpoint>[]): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, labels: sliceLabels(service) }, endpoints: [...endpoints] };
}

/** The service's own labels, and those by which consumers find the slices. */
function sliceLabels(service: Service): Record<string, string> {
  const {
    [HEADLESS_LABEL]: _headless,
    [SERVICE_NAME_LABEL]: _name,
    [MANAGED_BY_LABEL]: _manager,
    ...labels
  } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) && { [HEADLESS_LABEL]: '' }),
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: MANAGER,
  };
}

function labelsMatch(slice: EndpointSlice, service: Service): boolean {
  return isDeepStrictEqual({ ...slice.metadata.labels }, sliceLabels(service));
}

function portsKey(ports: readonly DeepReadonly<EndpointPort>[]): string {
  const rows = ports.map(({ name, protocol, port, appProtocol }) =>
    JSON.stringify([name ?? '', protocol ?? 'TCP', port ?? 0, appProtocol ?? '']),
  );
  return rows.sort().join();
}

/** Which endpoint this is, whatever its conditions. */
function endpointKey({ targetRef, addresses }: DeepReadonly<Endpoint>): string {
  return `${targetRef?.uid ?? ''} ${[...addresses].sort().join()}`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
