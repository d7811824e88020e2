import type { Service } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';

/**
 * The variables by which a pod finds services: `FOO_SERVICE_HOST`, `FOO_SERVICE_PORT`, and Docker's link variables.
 * The API server's own service is always there; those of the pod's namespace unless the pod declines service links.
 * Source: kubernetes pkg/kubelet/envvars FromServices, kubelet_pods.go getServiceEnvVarMap.
 */
export function serviceEnv(
  services: readonly DeepReadonly<Service>[],
  podNamespace: string,
  enableServiceLinks: boolean,
): Map<string, string> {
  const chosen = new Map<string, DeepReadonly<Service>>();
  for (const service of services) {
    const { name, namespace } = service.metadata;
    const { clusterIP } = service.spec;
    if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None') continue;
    if (namespace === podNamespace && enableServiceLinks) chosen.set(name, service);
    else if (namespace === 'default' && name === 'kubernetes' && !chosen.has(name)) chosen.set(name, service);
  }
  const env = new Map<string, string>();
  for (const service of [...chosen.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) addService(env, service);
  return env;
}

function addService(env: Map<string, string>, { metadata, spec }: DeepReadonly<Service>): void {
  const prefix = variableName(metadata.name);
  const host = spec.clusterIP ?? '';
  const address = host.includes(':') ? `[${host}]` : host;
  const ports = spec.ports ?? [];
  const first = ports[0];
  if (first === undefined) return;
  env.set(`${prefix}_SERVICE_HOST`, host);
  env.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const { name, port } of ports)
    if (name !== undefined && name !== '') env.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port));
  for (const [i, { port, protocol = 'TCP' }] of ports.entries()) {
    const proto = protocol.toLowerCase();
    const url = `${proto}://${address}:${port}`;
    if (i === 0) env.set(`${prefix}_PORT`, url);
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    env.set(link, url);
    env.set(`${link}_PROTO`, proto);
    env.set(`${link}_PORT`, String(port));
    env.set(`${link}_ADDR`, host);
  }
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
