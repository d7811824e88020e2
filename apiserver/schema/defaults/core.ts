import { fill, type JsonRecord, recordAt, recordsAt, stringAt } from '../record.ts';
import type { Defaults } from './defaults.ts';
import { defaultHostPath, defaultPod, defaultPodTemplate, roundUp } from './pod.ts';

/** The core group but for services. Source: kubernetes pkg/apis/core/v1/defaults.go. */
export const CORE_DEFAULTS: Defaults = {
  '/v1/Pod': defaultPod,
  '/v1/PodTemplate': (object) => defaultPodTemplate(recordAt(object, 'template')),
  '/v1/ReplicationController': defaultReplicationController,
  '/v1/Secret': (object) => fill(object, 'type', 'Opaque'),
  '/v1/Namespace': defaultNamespace,
  '/v1/Node': defaultNode,
  '/v1/LimitRange': defaultLimitRange,
  '/v1/PersistentVolume': defaultPersistentVolume,
  '/v1/PersistentVolumeClaim': defaultClaim,
};

/** Also for the claim templates of stateful sets. */
export function defaultClaim(claim: JsonRecord): void {
  const spec = recordAt(claim, 'spec');
  if (spec !== undefined) fill(spec, 'volumeMode', 'Filesystem');
  setIn(claim, 'status', 'phase', 'Pending');
}

function defaultPersistentVolume(volume: JsonRecord): void {
  const spec = recordAt(volume, 'spec');
  if (spec !== undefined) {
    fill(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    fill(spec, 'volumeMode', 'Filesystem');
    defaultHostPath(spec);
  }
  setIn(volume, 'status', 'phase', 'Pending');
}

function defaultNamespace(namespace: JsonRecord): void {
  setIn(namespace, 'status', 'phase', 'Active');
  const metadata = recordAt(namespace, 'metadata');
  const name = stringAt(metadata, 'name');
  if (metadata === undefined || name === '') return;
  metadata['labels'] = { ...recordAt(metadata, 'labels'), 'kubernetes.io/metadata.name': name };
}

function defaultNode(node: JsonRecord): void {
  const status = recordAt(node, 'status');
  if (status !== undefined) {
    roundUp(status, 'capacity');
    const capacity = recordAt(status, 'capacity');
    if (capacity !== undefined) fill(status, 'allocatable', { ...capacity });
    roundUp(status, 'allocatable');
  }
  const spec = recordAt(node, 'spec');
  if (spec === undefined) return;
  const [cidr, cidrs] = [stringAt(spec, 'podCIDR'), spec['podCIDRs']];
  if (cidr !== '' && !Array.isArray(cidrs)) spec['podCIDRs'] = [cidr];
  else if (cidr === '' && Array.isArray(cidrs) && cidrs.length > 0) spec['podCIDR'] = cidrs[0];
}

/** In a limit for containers: no default, then the maximum; no default request, then the default, else the minimum. */
function defaultLimitRange(range: JsonRecord): void {
  for (const item of recordsAt(recordAt(range, 'spec'), 'limits')) {
    if (item['type'] !== 'Container') continue;
    const limits = { ...recordAt(item, 'max'), ...recordAt(item, 'default') };
    const requests = { ...recordAt(item, 'min'), ...limits, ...recordAt(item, 'defaultRequest') };
    if (Object.keys(limits).length > 0) item['default'] = limits;
    if (Object.keys(requests).length > 0) item['defaultRequest'] = requests;
  }
}

function defaultReplicationController(controller: JsonRecord): void {
  const spec = recordAt(controller, 'spec');
  if (spec === undefined) return;
  const template = recordAt(spec, 'template');
  const labels = recordAt(recordAt(template, 'metadata'), 'labels');
  const metadata = recordAt(controller, 'metadata');
  if (labels !== undefined) {
    fill(spec, 'selector', { ...labels });
    if (metadata !== undefined) fill(metadata, 'labels', { ...labels });
  }
  fill(spec, 'replicas', 1);
  defaultPodTemplate(template);
}

function setIn(object: JsonRecord, parent: string, field: string, value: unknown): void {
  const inner = recordAt(object, parent) ?? {};
  fill(inner, field, value);
  object[parent] = inner;
}
