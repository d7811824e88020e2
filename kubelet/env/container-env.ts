import type { Container, EnvVar, Pod, Service } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { resourceFieldValue } from '../resources/resource-field.ts';
import { expand } from './expand.ts';
import { fieldRefValue, type PodAddresses } from './field-ref.ts';
import type { ObjectSource } from './object-source.ts';
import { serviceEnv } from './service-env.ts';

export interface EnvInputs {
  services: readonly DeepReadonly<Service>[];
  objects: ObjectSource;
  addresses: PodAddresses;
  /** The node's allocatable resources, for limits that a container does not set. */
  allocatable: Readonly<Record<string, string>>;
}

/**
 * The environment of a container: `envFrom`, then `env` with `$(VAR)` expanded, then the service variables that neither sets.
 * Rejects with upstream's message where something that is not optional is missing.
 * Source: kubernetes pkg/kubelet/kubelet_pods.go makeEnvironmentVariables.
 */
export async function containerEnv(
  pod: DeepReadonly<Pod>,
  container: DeepReadonly<Container>,
  inputs: EnvInputs,
): Promise<Map<string, string>> {
  const services = serviceEnv(inputs.services, pod.metadata.namespace ?? '', pod.spec.enableServiceLinks ?? true);
  const env = await fromSources(pod, container, inputs);
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined
        ? expand(variable.value ?? '', (name) => env.get(name) ?? services.get(name))
        : await referenced(pod, container, variable, inputs);
    if (value !== undefined) env.set(variable.name, value);
  }
  for (const [name, value] of services) if (!env.has(name)) env.set(name, value);
  return env;
}

async function fromSources(
  pod: DeepReadonly<Pod>,
  container: DeepReadonly<Container>,
  { objects }: EnvInputs,
): Promise<Map<string, string>> {
  const env = new Map<string, string>();
  const namespace = pod.metadata.namespace ?? '';
  for (const { configMapRef, secretRef, prefix = '' } of container.envFrom ?? []) {
    if (configMapRef !== undefined) {
      const name = configMapRef.name ?? '';
      const configMap = await objects.configMap(namespace, name);
      if (configMap === undefined && configMapRef.optional !== true) throw new Error(`configmap ${JSON.stringify(name)} not found`);
      for (const [key, value] of Object.entries(configMap?.data ?? {})) env.set(prefix + key, value);
    } else if (secretRef !== undefined) {
      const name = secretRef.name ?? '';
      const secret = await objects.secret(namespace, name);
      if (secret === undefined && secretRef.optional !== true) throw new Error(`secret ${JSON.stringify(name)} not found`);
      for (const [key, value] of Object.entries(secret?.data ?? {})) env.set(prefix + key, decode(value));
    }
  }
  return env;
}

/** The value of `valueFrom`; undefined where an optional source lacks it. */
async function referenced(
  pod: DeepReadonly<Pod>,
  container: DeepReadonly<Container>,
  { valueFrom = {} }: DeepReadonly<EnvVar>,
  { objects, addresses, allocatable }: EnvInputs,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? '';
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) {
    const value = fieldRefValue(pod, fieldRef.fieldPath, addresses);
    if (value === undefined) throw new Error(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef !== undefined) {
    const { containerName } = resourceFieldRef;
    const source = containerName === undefined || containerName === '' ? container : findContainer(pod, containerName);
    if (source === undefined) throw new Error(`container ${containerName} not found`);
    const value = resourceFieldValue(source, resourceFieldRef, allocatable);
    if (value === undefined) throw new Error(`unsupported container resource : ${resourceFieldRef.resource}`);
    return value;
  }
  if (configMapKeyRef !== undefined) {
    const { name = '', key, optional = false } = configMapKeyRef;
    const configMap = await objects.configMap(namespace, name);
    if (configMap === undefined && !optional) throw new Error(`configmap ${JSON.stringify(name)} not found`);
    const value = configMap?.data?.[key];
    if (value === undefined && !optional) throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (secretKeyRef !== undefined) {
    const { name = '', key, optional = false } = secretKeyRef;
    const secret = await objects.secret(namespace, name);
    if (secret === undefined && !optional) throw new Error(`secret ${JSON.stringify(name)} not found`);
    const value = secret?.data?.[key];
    if (value === undefined && !optional) throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : decode(value);
  }
  return '';
}

function findContainer({ spec }: DeepReadonly<Pod>, name: string): DeepReadonly<Container> | undefined {
  return [...spec.containers, ...(spec.initContainers ?? [])].find((container) => container.name === name);
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
