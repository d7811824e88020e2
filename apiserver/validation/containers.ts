import type { Container, ContainerPort, PodSpec, VolumeDevice, VolumeMount } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ErrorList } from './error-list.ts';
import { validateEnv, validateEnvFrom } from './field-refs.ts';
import { dnsLabel, port, portName } from './names.ts';
import { validateLifecycle, validateLivenessProbe, validateReadinessProbe, validateStartupProbe } from './probes.ts';
import { validateContainerResourceName, validateResources } from './resources.ts';
import { validateSecurityContext } from './security-context.ts';
import { validateDescendingPath } from './volumes.ts';

type Containers = DeepReadonly<Container[]>;
export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** Checks the three lists of containers of a pod. `volumes` are the names of its valid volumes. Source: kubernetes validateContainers. */
export function validateContainerLists(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string, volumes: ReadonlySet<string>): void {
  const names = validateRegular(errors, spec, `${path}.containers`, volumes);
  validateInit(errors, spec, `${path}.initContainers`, { volumes, regular: names });
  (spec.ephemeralContainers ?? []).forEach((container, i) => {
    const at = `${path}.ephemeralContainers[${i}]`;
    validateCommon(errors, { ...container, resources: container.resources ?? {} }, at, volumes);
    if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name);
    names.add(container.name);
    for (const field of ['ports', 'lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field] !== undefined) errors.forbidden(`${at}.${field}`, 'cannot be set for an Ephemeral Container');
    }
  });
}

function validateRegular(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string, volumes: ReadonlySet<string>): Set<string> {
  const names = new Set<string>();
  const containers: Containers = spec.containers ?? [];
  if (containers.length === 0) errors.required(path);
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    validateCommon(errors, container, at, volumes);
    if (names.has(container.name)) errors.duplicate(`${at}.name`, container.name);
    names.add(container.name);
    validateRunning(errors, container, at, spec);
  });
  hostPortConflicts(errors, containers, path);
  return names;
}

function validateRunning(errors: ErrorList, container: DeepReadonly<Container>, at: string, spec: DeepReadonly<PodSpec>): void {
  validateLifecycle(errors, container.lifecycle, `${at}.lifecycle`, spec.terminationGracePeriodSeconds ?? 30);
  validateLivenessProbe(errors, container.livenessProbe, `${at}.livenessProbe`);
  validateReadinessProbe(errors, container.readinessProbe, `${at}.readinessProbe`);
  validateStartupProbe(errors, container.startupProbe, `${at}.startupProbe`);
}

function validateInit(
  errors: ErrorList,
  spec: DeepReadonly<PodSpec>,
  path: string,
  { volumes, regular }: { volumes: ReadonlySet<string>; regular: Set<string> },
): void {
  (spec.initContainers ?? []).forEach((container, i) => {
    const at = `${path}[${i}]`;
    const sidecar = container.restartPolicy === 'Always';
    validateCommon(errors, container, at, volumes);
    if (sidecar) validateRunning(errors, container, at, spec);
    if (regular.has(container.name)) errors.duplicate(`${at}.name`, container.name);
    else if (container.name !== '') regular.add(container.name);
    hostPortConflicts(errors, [container], path, i);
    if (container.restartPolicy !== undefined && !sidecar) errors.notSupported(`${at}.restartPolicy`, container.restartPolicy, ['Always']);
    if (sidecar) return;
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field] !== undefined)
        errors.forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always');
    }
  });
}

function validateCommon(errors: ErrorList, container: DeepReadonly<Container>, at: string, volumes: ReadonlySet<string>): void {
  if (container.name === '') errors.required(`${at}.name`);
  else errors.invalidAll(`${at}.name`, container.name, dnsLabel(container.name));
  if ((container.image ?? '') === '') errors.required(`${at}.image`);
  if ((container.terminationMessagePolicy ?? '') === '') errors.required(`${at}.terminationMessagePolicy`);
  else errors.oneOf(`${at}.terminationMessagePolicy`, container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError']);
  validatePorts(errors, container.ports ?? [], `${at}.ports`);
  validateEnv(errors, container.env, `${at}.env`);
  validateEnvFrom(errors, container.envFrom, `${at}.envFrom`);
  validateMounts(errors, container, `${at}.volumeMounts`, volumes);
  validateDevices(errors, container.volumeDevices ?? [], `${at}.volumeDevices`, volumes);
  errors.oneOf(`${at}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']);
  validateResources(errors, container.resources, `${at}.resources`);
  (container.resizePolicy ?? []).forEach(({ resourceName, restartPolicy }, i) => {
    validateContainerResourceName(errors, resourceName, `${at}.resizePolicy[${i}]`);
    errors.oneOf(`${at}.resizePolicy[${i}]`, restartPolicy, ['NotRequired', 'RestartContainer']);
  });
  validateSecurityContext(errors, container.securityContext, `${at}.securityContext`);
}

function validatePorts(errors: ErrorList, ports: DeepReadonly<ContainerPort[]>, path: string): void {
  const names = new Set<string>();
  ports.forEach(({ name = '', containerPort, hostPort = 0, protocol }, i) => {
    const at = `${path}[${i}]`;
    if (name !== '') {
      const problems = portName(name);
      errors.invalidAll(`${at}.name`, name, problems);
      if (problems.length === 0 && names.has(name)) errors.duplicate(`${at}.name`, name);
      names.add(name);
    }
    if (containerPort === 0) errors.required(`${at}.containerPort`);
    else errors.invalidAll(`${at}.containerPort`, containerPort, port(containerPort));
    if (hostPort !== 0) errors.invalidAll(`${at}.hostPort`, hostPort, port(hostPort));
    if (protocol === undefined) errors.required(`${at}.protocol`);
    else errors.oneOf(`${at}.protocol`, protocol, PROTOCOLS);
  });
}

function hostPortConflicts(errors: ErrorList, containers: Containers, path: string, first = 0): void {
  const taken = new Set<string>();
  containers.forEach(({ ports }, i) => {
    (ports ?? []).forEach(({ hostPort = 0, hostIP = '', protocol = '' }, j) => {
      if (hostPort === 0) return;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) errors.duplicate(`${path}[${first + i}].ports[${j}].hostPort`, key);
      taken.add(key);
    });
  });
}

function validateMounts(errors: ErrorList, container: DeepReadonly<Container>, path: string, volumes: ReadonlySet<string>): void {
  const mounts: DeepReadonly<VolumeMount[]> = container.volumeMounts ?? [];
  const devices = container.volumeDevices ?? [];
  const paths = new Set<string>();
  mounts.forEach((mount, i) => {
    const at = `${path}[${i}]`;
    if (mount.name === '') errors.required(`${at}.name`);
    if (!volumes.has(mount.name)) errors.notFound(`${at}.name`, mount.name);
    if (mount.mountPath === '') errors.required(`${at}.mountPath`);
    if (paths.has(mount.mountPath)) errors.invalid(`${at}.mountPath`, mount.mountPath, 'must be unique');
    paths.add(mount.mountPath);
    if (devices.some(({ name }) => name === mount.name))
      errors.invalid(`${at}.name`, mount.name, 'must not already exist in volumeDevices');
    if (devices.some(({ devicePath }) => devicePath === mount.mountPath)) {
      errors.invalid(`${at}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices');
    }
    if ((mount.subPath ?? '') !== '') validateDescendingPath(errors, mount.subPath ?? '', `${path}.subPath`);
    if ((mount.subPathExpr ?? '') !== '') {
      if ((mount.subPath ?? '') !== '')
        errors.invalid(`${path}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive');
      validateDescendingPath(errors, mount.subPathExpr ?? '', `${path}.subPathExpr`);
    }
    const propagation = mount.mountPropagation;
    if (propagation !== undefined) errors.oneOf(`${at}.mountPropagation`, propagation, ['Bidirectional', 'HostToContainer', 'None']);
    if (propagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
      errors.forbidden(`${at}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers');
    }
  });
}

function validateDevices(errors: ErrorList, devices: DeepReadonly<VolumeDevice[]>, path: string, volumes: ReadonlySet<string>): void {
  const paths = new Set<string>();
  devices.forEach(({ name, devicePath }, i) => {
    const at = `${path}[${i}]`;
    if (name === '') errors.required(`${at}.name`);
    if (!volumes.has(name)) errors.notFound(`${at}.name`, name);
    if (devicePath === '') errors.required(`${at}.devicePath`);
    else if (devicePath.split('/').includes('..')) errors.invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')");
    if (paths.has(devicePath)) errors.invalid(`${at}.devicePath`, devicePath, 'must be unique');
    paths.add(devicePath);
  });
}
