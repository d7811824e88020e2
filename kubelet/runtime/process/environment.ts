import type { ContainerId, ContainerSpec } from '../driver.ts';

/** Marks every process of a container, so that those that left its process group are found too. */
export const CONTAINER_VARIABLE = 'KUBERNETUS_CONTAINER_ID';

export interface EnvironmentOptions {
  id: ContainerId;
  spec: ContainerSpec;
  hostname: string;
  root: string;
  terminationLog: string;
}

/**
 * All that a container's processes have in their environment: what the spec says; PATH, HOME and HOSTNAME, which images bring along;
 * and where its private files are (`KUBERNETUS_ROOTFS`, `KUBERNETUS_TERMINATION_LOG`).
 */
export function environmentOf({ id, spec, hostname, root, terminationLog }: EnvironmentOptions): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: root,
    HOSTNAME: hostname,
    KUBERNETUS_ROOTFS: root,
    ...(spec.terminationMessagePath === '' ? {} : { KUBERNETUS_TERMINATION_LOG: terminationLog }),
    ...(spec.tty ? { TERM: 'xterm' } : {}),
    ...Object.fromEntries(spec.env.map(({ name, value }) => [name, value])),
    [CONTAINER_VARIABLE]: id,
  };
}
