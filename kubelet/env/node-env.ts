import type { Container, Pod, Service } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { containerEnv } from './container-env.ts';
import type { ObjectSource } from './object-source.ts';

export interface NodeEnvOptions {
  hostIPs: readonly string[];
  allocatable: Readonly<Record<string, string>>;
  objects: ObjectSource;
  services(): readonly DeepReadonly<Service>[];
}

/** `containerEnv` for where the pod's address is not known yet: the paths of volume mounts. */
export function nodeEnv({
  hostIPs,
  services,
  ...rest
}: NodeEnvOptions): (pod: DeepReadonly<Pod>, container: DeepReadonly<Container>) => Promise<Map<string, string>> {
  return (pod, container) => containerEnv(pod, container, { ...rest, services: services(), addresses: { podIPs: [], hostIPs } });
}
