import { quantityMilli } from '../../../shared/machinery/quantity.ts';
import { fill, type JsonRecord, recordAt, recordsAt, stringAt } from '../record.ts';

/** Seconds. Source: core/v1 DefaultTerminationGracePeriodSeconds. */
const TERMINATION_GRACE_SECONDS = 30;
const FILE_MODE = 0o644;
const TOKEN_EXPIRATION_SECONDS = 3600;

/** A Pod: its spec's defaults, and those that a template does not get. */
export function defaultPod(pod: JsonRecord): void {
  const spec = recordAt(pod, 'spec');
  if (spec === undefined) return;
  defaultPodSpec(spec);
  fill(spec, 'enableServiceLinks', true);
  for (const container of [...recordsAt(spec, 'containers'), ...recordsAt(spec, 'initContainers')]) {
    const resources = recordAt(container, 'resources');
    if (resources !== undefined) defaultRequests(resources);
    if (spec['hostNetwork'] === true) defaultHostPorts(container);
  }
  defaultPodStatus(pod);
}

/** Both forms of a pod's addresses, as conversion between versions keeps them. */
function defaultPodStatus(pod: JsonRecord): void {
  const status = recordAt(pod, 'status');
  if (status === undefined) return;
  const [ip, ips] = [stringAt(status, 'podIP'), recordsAt(status, 'podIPs')];
  const first = stringAt(ips[0], 'ip');
  if (ip !== '' && (ips.length === 0 || first !== ip)) status['podIPs'] = [{ ip }];
  else if (ip === '' && first !== '') status['podIP'] = first;
}

/** The spec of a template, defaulted in the same way wherever it stands. */
export function defaultPodTemplate(template: JsonRecord | undefined): void {
  const spec = recordAt(template, 'spec');
  if (spec !== undefined) defaultPodSpec(spec);
}

function defaultPodSpec(spec: JsonRecord): void {
  for (const volume of recordsAt(spec, 'volumes')) defaultVolume(volume);
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'])
    for (const container of recordsAt(spec, list)) defaultContainer(container);
  fill(spec, 'dnsPolicy', 'ClusterFirst');
  fill(spec, 'restartPolicy', 'Always');
  fill(spec, 'securityContext', {});
  fill(spec, 'terminationGracePeriodSeconds', TERMINATION_GRACE_SECONDS);
  fill(spec, 'schedulerName', 'default-scheduler');
  roundUp(spec, 'overhead');
  defaultResources(recordAt(spec, 'resources'));
  const account = stringAt(spec, 'serviceAccountName') || stringAt(spec, 'serviceAccount');
  if (account !== '') {
    spec['serviceAccountName'] = account;
    spec['serviceAccount'] = account;
  }
}

function defaultContainer(container: JsonRecord): void {
  for (const env of recordsAt(container, 'env')) defaultFieldRef(recordAt(recordAt(env, 'valueFrom'), 'fieldRef'));
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(recordAt(container, probe));
  const lifecycle = recordAt(container, 'lifecycle');
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(recordAt(recordAt(lifecycle, hook), 'httpGet'));
  defaultResources(recordAt(container, 'resources'));
  fill(container, 'terminationMessagePath', '/dev/termination-log');
  fill(container, 'terminationMessagePolicy', 'File');
  fill(container, 'imagePullPolicy', imageTag(stringAt(container, 'image')) === 'latest' ? 'Always' : 'IfNotPresent');
}

/** The tag of an image reference: `latest` if it has neither tag nor digest, '' if it has only a digest or is no reference. */
export function imageTag(image: string): string {
  const [name = '', digest] = image.split('@');
  const slash = name.lastIndexOf('/');
  const colon = name.indexOf(':', slash + 1);
  if (!/^[a-zA-Z0-9.\-_:/[\]]+$/.test(name)) return '';
  if (colon >= 0) return name.slice(colon + 1);
  return digest === undefined ? 'latest' : '';
}

function defaultProbe(probe: JsonRecord | undefined): void {
  if (probe === undefined) return;
  defaultHttpGet(recordAt(probe, 'httpGet'));
  fill(probe, 'timeoutSeconds', 1);
  fill(probe, 'periodSeconds', 10);
  fill(probe, 'successThreshold', 1);
  fill(probe, 'failureThreshold', 3);
}

function defaultHttpGet(action: JsonRecord | undefined): void {
  if (action === undefined) return;
  fill(action, 'path', '/');
  fill(action, 'scheme', 'HTTP');
}

function defaultFieldRef(ref: JsonRecord | undefined): void {
  if (ref !== undefined) fill(ref, 'apiVersion', 'v1');
}

/** Requests that are not given are the limits. */
function defaultRequests(resources: JsonRecord): void {
  const limits = recordAt(resources, 'limits');
  if (limits === undefined) return;
  const requests = recordAt(resources, 'requests') ?? {};
  for (const [name, value] of Object.entries(limits)) if (!Object.hasOwn(requests, name)) requests[name] = value;
  if (Object.keys(requests).length > 0) resources['requests'] = requests;
}

function defaultResources(resources: JsonRecord | undefined): void {
  if (resources === undefined) return;
  roundUp(resources, 'limits');
  roundUp(resources, 'requests');
}

/** Quantities in a resource list are not finer than thousandths. */
export function roundUp(parent: JsonRecord, field: string): void {
  const list = recordAt(parent, field);
  for (const [name, value] of Object.entries(list ?? {})) {
    if (list !== undefined && typeof value === 'string' && /[nu]$/.test(value)) list[name] = `${quantityMilli(value)}m`;
  }
}

function defaultHostPorts(container: JsonRecord): void {
  for (const port of recordsAt(container, 'ports')) fill(port, 'hostPort', port['containerPort']);
}

/** A volume of a pod; one without a source is an emptyDir. */
function defaultVolume(volume: JsonRecord): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume['emptyDir'] = {};
  for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const source = recordAt(volume, kind);
    if (source !== undefined) fill(source, 'defaultMode', FILE_MODE);
  }
  defaultDownwardItems(recordAt(volume, 'downwardAPI'));
  for (const source of recordsAt(recordAt(volume, 'projected'), 'sources')) {
    defaultDownwardItems(recordAt(source, 'downwardAPI'));
    const token = recordAt(source, 'serviceAccountToken');
    if (token !== undefined) fill(token, 'expirationSeconds', TOKEN_EXPIRATION_SECONDS);
  }
  defaultHostPath(volume);
  const image = recordAt(volume, 'image');
  if (image !== undefined) fill(image, 'pullPolicy', imageTag(stringAt(image, 'reference')) === 'latest' ? 'Always' : 'IfNotPresent');
  const claim = recordAt(recordAt(recordAt(volume, 'ephemeral'), 'volumeClaimTemplate'), 'spec');
  if (claim !== undefined) fill(claim, 'volumeMode', 'Filesystem');
}

export function defaultHostPath(owner: JsonRecord): void {
  const hostPath = recordAt(owner, 'hostPath');
  if (hostPath !== undefined) fill(hostPath, 'type', '');
}

function defaultDownwardItems(source: JsonRecord | undefined): void {
  for (const item of recordsAt(source, 'items')) defaultFieldRef(recordAt(item, 'fieldRef'));
}
