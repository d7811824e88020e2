import type { ContainerStatus, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { isSidecar } from './containers.ts';

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/**
 * The phase that container states add up to; `terminal`: nothing will be started again. Pure.
 * Source: kubernetes pkg/kubelet/kubelet_pods.go getPhase.
 */
export function podPhase(
  { spec }: DeepReadonly<Pod>,
  {
    initStatuses,
    statuses,
    terminal,
  }: { initStatuses: readonly ContainerStatus[]; statuses: readonly ContainerStatus[]; terminal: boolean },
): Phase {
  const count = { pendingInit: 0, failedInit: 0, pendingSidecars: 0, unknown: 0, running: 0, waiting: 0, stopped: 0, succeeded: 0 };
  for (const container of spec.initContainers ?? []) {
    const status = initStatuses.find(({ name }) => name === container.name);
    if (isSidecar(container)) {
      if (status?.state.running !== undefined) {
        count.running++;
        if (status.started !== true) count.pendingSidecars++;
      } else if (status?.state.terminated === undefined && status?.lastState.terminated === undefined) {
        count.pendingSidecars++;
        count.waiting++;
      }
    } else if (status?.state.terminated !== undefined) {
      if (status.state.terminated.exitCode !== 0) count.failedInit++;
    } else if (status?.state.waiting !== undefined && status.lastState.terminated !== undefined) {
      if (status.lastState.terminated.exitCode !== 0) count.failedInit++;
    } else {
      count.pendingInit++;
    }
  }
  let initialized = count.pendingInit === 0 && count.failedInit === 0 && count.pendingSidecars === 0;
  for (const { name } of spec.containers) {
    const status = statuses.find((one) => one.name === name);
    if (status === undefined) count.unknown++;
    else if (status.state.running !== undefined) count.running++;
    else if (status.state.terminated !== undefined) {
      count.stopped++;
      if (status.state.terminated.exitCode === 0) count.succeeded++;
    } else if (status.lastState.terminated !== undefined) count.stopped++;
    else count.waiting++;
    if (status !== undefined && (status.containerID ?? '') !== '') initialized = true;
  }
  if (count.failedInit > 0 && (spec.restartPolicy === 'Never' || terminal)) return 'Failed';
  if (!terminal && (count.pendingInit > 0 || (!initialized && (count.failedInit > 0 || count.pendingSidecars > 0)))) return 'Pending';
  if (count.waiting > 0) return 'Pending';
  if (count.running > 0 && count.unknown === 0) return 'Running';
  if (count.running === 0 && count.stopped > 0 && count.unknown === 0) {
    if (terminal) return count.stopped === count.succeeded ? 'Succeeded' : 'Failed';
    if (spec.restartPolicy === 'Always') return 'Running';
    if (count.stopped === count.succeeded) return 'Succeeded';
    return spec.restartPolicy === 'Never' ? 'Failed' : 'Running';
  }
  return 'Pending';
}
