import type { DeepPartial, KubeObject, UntypedObject } from '../shared/api/meta.ts';
import { groupVersion, type ResourceId, resourceInfo } from '../shared/api/scheme.ts';
import type { ComponentContext } from '../shared/component/component.ts';
import { isAlreadyExists } from '../shared/machinery/api-error.ts';
import { ensureBootstrapPolicy } from './auth/bootstrap-rbac.ts';
import { LOOPBACK_ADMIN } from './auth/user.ts';
import type { RequestContext } from './registry/request-context.ts';
import type { ResourceRegistry } from './registry/resource-registry.ts';
import { decodeValue } from './routes/request-body.ts';

export interface BootstrapOptions {
  registry: ResourceRegistry;
  /** Whether RBAC decides, and so needs its default roles. */
  rbac: boolean;
  /** The address of the service `kubernetes`. */
  serviceAddress: string;
  /** Where that leads. */
  address: string;
  /** 0: HTTPS is not served, so there is no such service. */
  port: number;
}

type Definition = DeepPartial<KubeObject> & Record<string, unknown>;

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
/** Source: kubernetes pkg/apis/scheduling SystemPriorityClasses. */
const PRIORITY_CLASSES: readonly Definition[] = [
  {
    metadata: { name: 'system-node-critical' },
    value: 2000001000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    metadata: { name: 'system-cluster-critical' },
    value: 2000000000,
    description: 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
];

/** Makes what every cluster has from the start, where it is missing, and points the service `kubernetes` to this server. */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const { registry, rbac, port } = options;
  await Promise.all(NAMESPACES.map((name) => ensure(registry, 'namespaces', { metadata: { name } })));
  await Promise.all(PRIORITY_CLASSES.map((definition) => ensure(registry, 'priorityclasses', definition)));
  if (rbac) {
    await ensureBootstrapPolicy({
      get: (resource, namespace, name) => registry.get(resource, namespace, name),
      create: (resource, object) => create(registry, resource, object as unknown as Definition),
      update: (resource, object) => replace(registry, resource, object as unknown as Definition),
    });
  }
  if (port !== 0) await kubernetesService(options);
}

/** Between two looks at the service `kubernetes`, ms. Source: kubernetes pkg/controlplane kubernetesservice EndpointInterval (10 s). */
const LOOK_MS = 10_000;

/** Repairs the service `kubernetes` when somebody changes or deletes it, until `signal` aborts. */
export async function keepKubernetesService(options: BootstrapOptions, { clock, log, signal }: ComponentContext): Promise<void> {
  if (options.port === 0) return;
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal);
    if (signal.aborted) return;
    await kubernetesService(options).catch((err: unknown) => log.warn({ err }, 'service kubernetes not repaired'));
  }
}

async function kubernetesService({ registry, serviceAddress, address, port }: BootstrapOptions): Promise<void> {
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const ports = [{ name: 'https', protocol: 'TCP', port }];
  await ensure(registry, 'services', {
    metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: serviceAddress,
      sessionAffinity: 'None',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
    },
  });
  await put(registry, 'endpoints', {
    metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports }],
  });
  await put(registry, 'endpointslices', {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: address.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  });
}

async function ensure(registry: ResourceRegistry, resource: ResourceId, definition: Definition): Promise<void> {
  const { name = '', namespace = '' } = definition.metadata ?? {};
  if (registry.get(resource, namespace, name) !== undefined) return;
  await create(registry, resource, definition).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

async function put(registry: ResourceRegistry, resource: ResourceId, definition: Definition): Promise<void> {
  const { name = '', namespace = '' } = definition.metadata ?? {};
  if (registry.get(resource, namespace, name) === undefined) await create(registry, resource, definition);
  else await replace(registry, resource, definition);
}

async function create(registry: ResourceRegistry, resource: ResourceId, definition: Definition): Promise<void> {
  const { namespace = '' } = definition.metadata ?? {};
  await registry.store(resource).create(serverContext(), { namespace, name: '' }, decoded(resource, definition));
}

async function replace(registry: ResourceRegistry, resource: ResourceId, definition: Definition): Promise<void> {
  const { name = '', namespace = '' } = definition.metadata ?? {};
  const options = { subresource: '', replace: true };
  await registry.store(resource).update(serverContext(), { namespace, name }, () => decoded(resource, definition), options);
}

function decoded(resource: ResourceId, definition: Definition): UntypedObject {
  const info = resourceInfo(resource);
  const value = { ...(JSON.parse(JSON.stringify(definition)) as object), kind: info.kind, apiVersion: groupVersion(info) };
  return decodeValue(info, value, serverContext());
}

function serverContext(): RequestContext {
  return { user: LOOPBACK_ADMIN, component: 'kube-apiserver', dryRun: false, fieldValidation: 'Ignore', warnings: [] };
}
