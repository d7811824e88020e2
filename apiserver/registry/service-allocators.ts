import type { Service, ServicePort } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import { resourceInfo } from '../../shared/api/scheme.ts';
import { type ApiError, internalError, invalid } from '../../shared/machinery/api-error.ts';
import { ErrorList } from '../validation/error-list.ts';
import { AllocationError } from './allocation-error.ts';
import { NodePortAllocator, type PortRange } from './node-port.ts';
import { ServiceIpAllocator } from './service-ip.ts';

/** What a write has taken and given back so far; exactly one of the two must be called. */
export interface Allocation {
  /** The write is durable: what the old object held and the new one does not is free again. */
  commit(): void;
  /** The write failed or was a dry run: what was taken for it is free again. */
  undo(): void;
}

/** What was taken for a write is kept once that is durable, and given back if it never is. */
export async function settle<T>(
  taken: Allocation | undefined,
  { dryRun }: { dryRun: boolean },
  write: () => Promise<T | undefined>,
): Promise<T | undefined> {
  let durable = false;
  try {
    const written = await write();
    durable = written !== undefined && !dryRun;
    return written;
  } finally {
    if (durable) taken?.commit();
    else taken?.undo();
  }
}

export interface ServiceAllocators {
  /** The address of the `kubernetes` service. */
  readonly firstAddress: string;
  /** Takes what the stored services hold; once, before the first write. */
  rebuild(services: Iterable<DeepReadonly<UntypedObject>>): void;
  /** Fills in addresses, families and node ports of a defaulted service, before it is validated. Throws ApiError. */
  onCreate(service: UntypedObject): Allocation;
  /** As `onCreate`; what the client left out stays as it was. */
  onUpdate(service: UntypedObject, old: DeepReadonly<UntypedObject>): Allocation;
  onDelete(service: DeepReadonly<UntypedObject>): void;
}

export interface ServiceAllocatorOptions {
  cidr: string;
  nodePortRange: PortRange;
  random: () => number;
}

/** Source: kubernetes pkg/registry/core/service/storage/alloc.go. Deviation: one IPv4 range (docs/compatibility.md#dual-stack). */
export function createServiceAllocators({ cidr, nodePortRange, random }: ServiceAllocatorOptions): ServiceAllocators {
  const ips = new ServiceIpAllocator({ cidr, random });
  const ports = new NodePortAllocator({ range: nodePortRange, random });

  const begin = (service: Service, old: DeepReadonly<Service> | undefined): Allocation => {
    const before = held(old);
    const taken: Held = { ips: [], ports: [] };
    const undo = (): void => {
      for (const ip of taken.ips) ips.release(ip);
      for (const port of taken.ports) ports.release(port);
    };
    try {
      normalizeAddresses(service.spec, old?.spec);
      setFamilies(service);
      takeAddress(service, before, { ips, taken });
      takePorts(service, before, { ports, taken });
    } catch (error) {
      undo();
      throw error;
    }
    const commit = (): void => {
      const now = held(service);
      for (const ip of before.ips) if (!now.ips.includes(ip)) ips.release(ip);
      for (const port of before.ports) if (!now.ports.includes(port)) ports.release(port);
    };
    return { commit, undo };
  };

  return {
    firstAddress: ips.first,
    rebuild(services) {
      ips.clear();
      ports.clear();
      for (const service of services) {
        const { ips: addresses, ports: numbers } = held(service as unknown as DeepReadonly<Service>);
        for (const ip of addresses) tolerant(() => ips.allocate(ip));
        for (const port of numbers) tolerant(() => ports.allocate(port));
      }
    },
    onCreate: (service) => begin(service as unknown as Service, undefined),
    onUpdate(service, old) {
      const [now, before] = [service as unknown as Service, old as unknown as DeepReadonly<Service>];
      keepAllocated(now.spec, before.spec);
      return begin(now, before);
    },
    onDelete(service) {
      const { ips: addresses, ports: numbers } = held(service as unknown as DeepReadonly<Service>);
      for (const ip of addresses) ips.release(ip);
      for (const port of numbers) ports.release(port);
    },
  };
}

interface Held {
  ips: string[];
  ports: number[];
}
type Spec = Service['spec'];

/** A stored service outside today's ranges keeps what it has. */
function tolerant(allocate: () => unknown): void {
  try {
    allocate();
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
  }
}

function held(service: DeepReadonly<Service> | undefined): Held {
  if (service === undefined) return { ips: [], ports: [] };
  const { spec } = service;
  const numbers = [...(spec.ports ?? []).map(({ nodePort = 0 }) => nodePort), spec.healthCheckNodePort ?? 0];
  return {
    ips: spec.type === 'ExternalName' ? [] : (spec.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== ''),
    ports: needsNodePorts(spec) ? [...new Set(numbers.filter((port) => port !== 0))] : [],
  };
}

const needsClusterIp = ({ type }: DeepReadonly<Spec>): boolean => type !== 'ExternalName';
const needsNodePorts = ({ type }: DeepReadonly<Spec>): boolean => type === 'NodePort' || type === 'LoadBalancer';
const wantsHealthCheck = ({ type, externalTrafficPolicy }: DeepReadonly<Spec>): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

/** An update that says nothing about allocated values keeps them. Source: patchAllocatedValues. */
function keepAllocated(spec: Spec, old: DeepReadonly<Spec>): void {
  if (needsClusterIp(spec) && needsClusterIp(old)) {
    if ((spec.clusterIP ?? '') === '') spec.clusterIP = old.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === old.clusterIP) spec.clusterIPs = [...(old.clusterIPs ?? [])];
    if ((spec.ipFamilies ?? []).length === 0 && old.ipFamilies !== undefined) spec.ipFamilies = [...old.ipFamilies];
    spec.ipFamilyPolicy ??= old.ipFamilyPolicy;
  }
  if (needsNodePorts(spec) && needsNodePorts(old)) {
    const before = new Map((old.ports ?? []).map((port) => [portKey(port), port.nodePort]));
    for (const port of spec.ports ?? []) if ((port.nodePort ?? 0) === 0) setNodePort(port, before.get(portKey(port)));
  }
  if (wantsHealthCheck(spec) && wantsHealthCheck(old) && (spec.healthCheckNodePort ?? 0) === 0 && old.healthCheckNodePort !== undefined) {
    spec.healthCheckNodePort = old.healthCheckNodePort;
  }
}

const portKey = ({ protocol = 'TCP', port }: DeepReadonly<ServicePort>): string => `${protocol}/${port}`;

function setNodePort(port: ServicePort, nodePort: number | undefined): void {
  if (nodePort !== undefined && nodePort !== 0) port.nodePort = nodePort;
}

/** `clusterIP` and `clusterIPs[0]` are the same; a client may know only the first. Source: normalizeClusterIPs. */
function normalizeAddresses(spec: Spec, old: DeepReadonly<Spec> | undefined): void {
  const [ip = '', oldIp = ''] = [spec.clusterIP, old?.clusterIP];
  const unchangedList = old !== undefined && JSON.stringify(spec.clusterIPs) === JSON.stringify(old.clusterIPs);
  if (ip !== '' && ((spec.clusterIPs ?? []).length === 0 || (unchangedList && ip !== oldIp))) spec.clusterIPs = [ip];
  else if (ip === '' && oldIp !== '' && unchangedList) delete spec.clusterIPs;
  if ((spec.clusterIPs ?? []).length === 0) delete spec.clusterIPs;
  if ((spec.clusterIP ?? '') === '') delete spec.clusterIP;
}

function setFamilies(service: Service): void {
  const { spec } = service;
  if (!needsClusterIp(spec)) return;
  const selectorless = Object.keys(spec.selector ?? {}).length === 0;
  if (spec.clusterIP === 'None' && selectorless) {
    spec.ipFamilyPolicy ??= 'RequireDualStack';
    if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = spec.ipFamilyPolicy === 'SingleStack' ? ['IPv4'] : ['IPv4', 'IPv6'];
    return;
  }
  const errors = new ErrorList();
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    errors.invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services');
  }
  (spec.ipFamilies ?? []).forEach((family, i) => {
    if (family === 'IPv6') errors.invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster');
  });
  if (errors.items.length > 0) throw refused(service, errors);
  spec.ipFamilyPolicy ??= 'SingleStack';
  if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = ['IPv4'];
}

function takeAddress(service: Service, before: Held, { ips, taken }: { ips: ServiceIpAllocator; taken: Held }): void {
  const { spec } = service;
  if (!needsClusterIp(spec) || spec.clusterIP === 'None') return;
  const wanted = spec.clusterIPs?.[0] ?? spec.clusterIP;
  if (wanted !== undefined && before.ips.includes(wanted)) return;
  if (wanted !== undefined && before.ips.length > 0) return; // validation refuses the change
  try {
    const ip = ips.allocate(wanted);
    taken.ips.push(ip);
    spec.clusterIP = ip;
    spec.clusterIPs = [ip];
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    if (wanted === undefined) throw internalError(`failed to allocate a serviceIP: ${error.message}`);
    const errors = new ErrorList();
    errors.invalid('spec.clusterIPs', spec.clusterIPs ?? [wanted], `failed to allocate IP ${wanted}: ${error.message}`);
    throw refused(service, errors);
  }
}

function takePorts(service: Service, before: Held, { ports, taken }: { ports: NodePortAllocator; taken: Held }): void {
  const { spec } = service;
  if (!needsNodePorts(spec)) return;
  const owned = new Set(before.ports);
  const take = (requested: number, field: string): number => {
    if (owned.has(requested)) return requested;
    try {
      const port = ports.allocate(requested === 0 ? undefined : requested);
      taken.ports.push(port);
      owned.add(port);
      return port;
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      if (requested === 0) throw internalError(`failed to allocate a nodePort: ${error.message}`);
      const errors = new ErrorList();
      errors.invalid(field, requested, error.message);
      throw refused(service, errors);
    }
  };
  const mayChoose = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false;
  const list = spec.ports ?? [];
  list.forEach((port, i) => {
    if ((port.nodePort ?? 0) !== 0) take(port.nodePort ?? 0, `spec.ports[${i}].nodePort`);
  });
  list.forEach((port, i) => {
    if ((port.nodePort ?? 0) !== 0 || !mayChoose) return;
    // one service port over several protocols shares a node port
    const twin = list.find((other) => other.port === port.port && other.protocol !== port.protocol && (other.nodePort ?? 0) !== 0);
    const shared = twin?.nodePort ?? 0;
    const free = shared !== 0 && !list.some((other) => other.nodePort === shared && other.protocol === port.protocol);
    port.nodePort = free ? shared : take(0, `spec.ports[${i}].nodePort`);
  });
  if (wantsHealthCheck(spec)) spec.healthCheckNodePort = take(spec.healthCheckNodePort ?? 0, 'spec.healthCheckNodePort');
}

function refused(service: Service, errors: ErrorList): ApiError {
  return invalid(resourceInfo('services'), service.metadata.name, errors.items);
}
