import type { CertificateSigningRequest } from '../../../shared/api/generated/certificates-v1.ts';
import type { Lease } from '../../../shared/api/generated/coordination-v1.ts';
import type { ComponentStatus, Event, Namespace, Node } from '../../../shared/api/generated/core-v1.ts';
import type { Event as EventsEvent } from '../../../shared/api/generated/events-v1.ts';
import type { RuntimeClass } from '../../../shared/api/generated/node-v1.ts';
import type { PriorityClass } from '../../../shared/api/generated/scheduling-v1.ts';
import type { DeepReadonly } from '../../../shared/api/meta.ts';
import { humanDuration, since } from './human-duration.ts';
import { AGE, column, NAME, orNone, type Printer, printer, wide } from './printer.ts';

const ADDRESSES =
  'List of addresses reachable to the node. Queried from cloud provider, if available. More info: https://kubernetes.io/docs/concepts/nodes/node/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See http://pr.k8s.io/79391 for an example.';
const EVENT = [
  column('Last Seen'),
  column('Type'),
  column('Reason'),
  column('Object'),
  wide('Subobject'),
  wide('Source'),
  column('Message'),
  wide('First Seen'),
  wide('Count'),
  { ...NAME, priority: 1 },
];

/** Printers of nodes, namespaces, events and what concerns the cluster as a whole. */
export const cluster: Readonly<Record<string, Printer>> = {
  nodes: printer<Node>(
    [
      NAME,
      column('Status', { description: 'The status of the node' }),
      column('Roles', { description: 'The roles of the node' }),
      AGE,
      column('Version', { description: 'Kubelet Version reported by the node.' }),
      wide('Internal-IP', ADDRESSES),
      wide('External-IP', ADDRESSES),
      wide('OS-Image', 'OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).'),
      wide('Kernel-Version', "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64)."),
      wide('Container-Runtime', 'ContainerRuntime Version reported by the node through runtime remote API (e.g. docker://1.5.0).'),
    ],
    (node, now) => {
      const address = (type: string): string => orNone(node.status?.addresses?.find((each) => each.type === type)?.address);
      const { kubeletVersion, osImage, kernelVersion, containerRuntimeVersion } = node.status?.nodeInfo ?? {};
      return [
        node.metadata.name,
        nodeStatus(node),
        nodeRoles(node),
        since(node.metadata.creationTimestamp, now),
        kubeletVersion ?? '',
        address('InternalIP'),
        address('ExternalIP'),
        osImage || '<unknown>',
        kernelVersion || '<unknown>',
        containerRuntimeVersion || '<unknown>',
      ];
    },
  ),
  namespaces: printer<Namespace>(
    [NAME, column('Status', { description: 'The status of the namespace' }), AGE],
    ({ metadata, status }, now) => [metadata.name, status?.phase ?? '', since(metadata.creationTimestamp, now)],
  ),
  events: printer<Event>(EVENT, (event, now) => {
    const first = since(event.firstTimestamp ?? event.eventTime, now);
    const last = event.lastTimestamp === undefined || event.lastTimestamp === null ? first : since(event.lastTimestamp, now);
    const { component, host } = event.source ?? {};
    return [
      event.series === undefined ? last : since(event.series.lastObservedTime, now),
      event.type ?? '',
      event.reason ?? '',
      target(event.involvedObject),
      event.involvedObject.fieldPath ?? '',
      source(component || event.reportingComponent, host || event.reportingInstance),
      (event.message ?? '').trim(),
      first,
      event.series?.count ?? (event.count || 1),
      event.metadata.name,
    ];
  }),
  'events.events.k8s.io': printer<EventsEvent>(EVENT, (event, now) => {
    const first = since(event.deprecatedFirstTimestamp ?? event.eventTime, now);
    const last =
      event.deprecatedLastTimestamp === undefined || event.deprecatedLastTimestamp === null
        ? first
        : since(event.deprecatedLastTimestamp, now);
    const { component, host } = event.deprecatedSource ?? {};
    return [
      event.series === undefined ? last : since(event.series.lastObservedTime, now),
      event.type ?? '',
      event.reason ?? '',
      event.regarding === undefined ? '' : target(event.regarding),
      event.regarding?.fieldPath ?? '',
      source(component || event.reportingController, host || event.reportingInstance),
      (event.note ?? '').trim(),
      first,
      event.series?.count ?? (event.deprecatedCount || 1),
      event.metadata.name,
    ];
  }),
  componentstatuses: printer<ComponentStatus>([NAME, column('Status'), column('Message'), column('Error')], ({ metadata, conditions }) => {
    const healthy = conditions?.find(({ type }) => type === 'Healthy');
    const status = healthy?.status === 'True' ? 'Healthy' : healthy?.status === 'False' ? 'Unhealthy' : 'Unknown';
    return [metadata.name, status, healthy?.message ?? '', healthy?.error ?? ''];
  }),
  leases: printer<Lease>([NAME, column('Holder'), AGE], ({ metadata, spec }, now) => [
    metadata.name,
    spec?.holderIdentity ?? '',
    since(metadata.creationTimestamp, now),
  ]),
  priorityclasses: printer<PriorityClass>(
    [NAME, column('Value', { type: 'integer' }), column('Global-Default', { type: 'boolean' }), AGE, column('PreemptionPolicy')],
    ({ metadata, value, globalDefault, preemptionPolicy }, now) => [
      metadata.name,
      value,
      globalDefault ?? false,
      since(metadata.creationTimestamp, now),
      preemptionPolicy ?? '',
    ],
  ),
  runtimeclasses: printer<RuntimeClass>([NAME, column('Handler'), AGE], ({ metadata, handler }, now) => [
    metadata.name,
    handler,
    since(metadata.creationTimestamp, now),
  ]),
  certificatesigningrequests: printer<CertificateSigningRequest>(
    [NAME, AGE, column('SignerName'), column('Requestor'), column('RequestedDuration'), column('Condition')],
    (request, now) => [
      request.metadata.name,
      since(request.metadata.creationTimestamp, now),
      orNone(request.spec.signerName),
      request.spec.username ?? '',
      request.spec.expirationSeconds === undefined ? '<none>' : humanDuration(request.spec.expirationSeconds * 1000),
      requestCondition(request),
    ],
  ),
};

function nodeStatus({ spec, status }: DeepReadonly<Node>): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec?.unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

function nodeRoles({ metadata }: DeepReadonly<Node>): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix) && key !== prefix) return [key.slice(prefix.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return orNone([...new Set(roles)].sort().join(','));
}

function target({ kind = '', name }: { readonly kind?: string | undefined; readonly name?: string | undefined }): string {
  return name === undefined || name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function source(component: string | undefined, host: string | undefined): string {
  return [component, host].filter((part) => part !== undefined && part !== '').join(', ');
}

function requestCondition({ status }: DeepReadonly<CertificateSigningRequest>): string {
  const has = (type: string): boolean => (status?.conditions ?? []).some((condition) => condition.type === type);
  const words = [has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'];
  if (has('Failed')) words.push('Failed');
  if (status?.certificate) words.push('Issued');
  return words.join(',');
}
