import type { Container } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';

/** The number behind a port or the name of one of the container's ports. Source: kubernetes pkg/probe ResolveContainerPort. */
export function resolvePort(port: number | string, container: DeepReadonly<Container>): number {
  const named = container.ports?.find(({ name }) => name !== undefined && name !== '' && name === port);
  const number = typeof port === 'number' ? port : (named?.containerPort ?? Number(port));
  if (Number.isNaN(number)) throw new Error(`couldn't find port by name ${port} in container ${container.name}`);
  if (number <= 0 || number > 65_535) throw new Error(`invalid port number: ${number}`);
  return number;
}
