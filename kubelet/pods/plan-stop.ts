import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ContainerStatus, SandboxStatus } from '../runtime/driver.ts';
import { graceSeconds, isSidecar } from './containers.ts';
import type { KillAction } from './plan-pod.ts';

export interface StopView {
  pod: DeepReadonly<Pod>;
  sandboxes: readonly SandboxStatus[];
  /** The API object is being deleted, or gone. */
  deletion: boolean;
  /** When the end began, ms since the epoch. */
  since: number;
  now: number;
}

/**
 * Which containers of an ending pod to stop now: first all but the sidecars, then the sidecars, last one first, within one grace period.
 * Pure. Source: kuberuntime_manager.go killContainersWithSyncResult, kuberuntime_termination_order.go.
 */
export function planStop({ pod, sandboxes, deletion, since, now }: StopView): KillAction[] {
  const running = sandboxes.flatMap(({ containers }) => containers).filter(({ state }) => state === 'running');
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const others = running.filter(({ name }) => !sidecars.includes(name));
  const grace = deletion ? Math.max(1, graceSeconds(pod)) : graceSeconds(pod);
  const stop = ({ id, name }: ContainerStatus, seconds: number): KillAction => ({
    id,
    name,
    message: `Stopping container ${name}`,
    graceSeconds: seconds,
  });
  if (others.length > 0) return others.map((container) => stop(container, grace));
  const last = sidecars.findLast((name) => running.some((container) => container.name === name));
  const left = Math.max(1, grace - (now - since) / 1000);
  return running.filter(({ name }) => name === last).map((container) => stop(container, left));
}
