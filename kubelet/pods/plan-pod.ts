import type { Container, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { goDuration } from '../probes/go-error.ts';
import type { ContainerId, ContainerStatus, SandboxId, SandboxStatus } from '../runtime/driver.ts';
import {
  attemptsOf,
  CONTAINER_HASH,
  containerHash,
  formatPod,
  graceSeconds,
  isSidecar,
  latestSandbox,
  shouldRestart,
} from './containers.ts';
import { type BackoffEntry, backoffEnd } from './restart-backoff.ts';

/** What the probes say about a running container; undefined: no such probe, or no verdict yet. */
export interface ProbeVerdicts {
  startup?: 'success' | 'failure' | undefined;
  liveness?: 'success' | 'failure' | undefined;
  readiness?: 'success' | 'failure' | undefined;
}

export interface PodView {
  pod: DeepReadonly<Pod>;
  /** All sandboxes of this pod uid. */
  sandboxes: readonly SandboxStatus[];
  verdicts(id: ContainerId): ProbeVerdicts;
  /** By container name. */
  backoff: ReadonlyMap<string, BackoffEntry>;
  /** Containers that are being stopped already. */
  stopping: ReadonlySet<ContainerId>;
  /** When the kubelet first saw the pod, ms since the epoch. */
  startedAt: number;
  now: number;
}

export interface StartAction {
  container: DeepReadonly<Container>;
  kind: 'init' | 'main' | 'ephemeral';
  attempt: number;
  /** It ran before and ended then: its back-off grows. */
  previousEnd?: number;
}

export interface KillAction {
  id: ContainerId;
  name: string;
  /** The `Killing` event's text. */
  message: string;
  graceSeconds: number;
}

export interface PodPlan {
  /** Everything has to end: phase, reason and message of the pod follow. */
  finish?: { reason?: string; message?: string };
  createSandbox?: { attempt: number };
  /** Sandboxes that are replaced: stop, keep for their last states. */
  stopSandboxes: SandboxId[];
  kill: KillAction[];
  /** In this order. */
  start: StartAction[];
  /** Older than what status and logs need. */
  removeContainers: ContainerStatus[];
  removeSandboxes: SandboxId[];
  /** Containers that wait out their back-off, by name. */
  backingOff: Map<string, string>;
  /** Plan again then, ms since the epoch. */
  wakeAt?: number;
}

/** What to do for a pod that shall run. Pure; upstream's computePodActions. Source: kubelet/kuberuntime kuberuntime_manager.go. */
export function planPod(view: PodView): PodPlan {
  const { pod, sandboxes } = view;
  const plan: PodPlan = { stopSandboxes: [], kill: [], start: [], removeContainers: [], removeSandboxes: [], backingOff: new Map() };
  const late = deadline(view, plan);
  if (late) return plan;
  const latest = latestSandbox(sandboxes);
  if (latest === undefined || latest.state !== 'ready') {
    planSandbox(view, latest, plan);
    return plan;
  }
  prune(view, latest, plan);
  for (const container of pod.spec.ephemeralContainers ?? []) {
    const [status] = attemptsOf(sandboxes, container.name);
    if (status === undefined) plan.start.push({ container: container as DeepReadonly<Container>, kind: 'ephemeral', attempt: 0 });
  }
  const mainSeen = pod.spec.containers.some(({ name }) => latest.containers.some((c) => c.name === name));
  if (!(mainSeen ? keepSidecars(view, latest, plan) : initialize(view, latest, plan))) return plan;
  let kept = 0;
  for (const container of pod.spec.containers) if (planMain(view, latest, container, plan)) kept++;
  const starting = plan.start.some(({ kind }) => kind === 'main');
  if (kept === 0 && !starting && plan.backingOff.size === 0 && plan.kill.length === 0) plan.finish = {};
  return plan;
}

function deadline({ pod, startedAt, now }: PodView, plan: PodPlan): boolean {
  const seconds = pod.spec.activeDeadlineSeconds;
  if (seconds === undefined) return false;
  const end = startedAt + seconds * 1000;
  if (now < end) {
    wake(plan, end);
    return false;
  }
  plan.finish = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
  return true;
}

/** The pod has no usable sandbox: make one, unless nothing would run in it. */
function planSandbox({ pod, sandboxes }: PodView, latest: SandboxStatus | undefined, plan: PodPlan): void {
  if (latest !== undefined) {
    const ran = sandboxes.some(({ containers }) => containers.length > 0);
    const wanted = pod.spec.containers.some((container) => {
      const [status] = attemptsOf(sandboxes, container.name);
      return status === undefined
        ? !ran || pod.spec.restartPolicy !== 'Never'
        : shouldRestart(pod, container, status.state === 'exited' ? status.exitCode : 1);
    });
    if (!wanted) {
      plan.finish = {};
      return;
    }
    plan.stopSandboxes.push(latest.id);
  }
  plan.createSandbox = { attempt: (latest?.attempt ?? -1) + 1 };
}

/** Runs the init containers in order; true once all are done (sidecars: started), so that the others may start. */
function initialize(view: PodView, sandbox: SandboxStatus, plan: PodPlan): boolean {
  for (const container of view.pod.spec.initContainers ?? []) {
    const status = inSandbox(sandbox, container.name);
    if (isSidecar(container)) {
      if (!planSidecar(view, status, container, plan)) return false;
      continue;
    }
    if (status?.state === 'running') return false;
    if (status?.state === 'exited') {
      if (status.exitCode === 0) continue;
      if (!shouldRestart(view.pod, container, status.exitCode)) {
        plan.finish = {};
        return false;
      }
    }
    startOrWait(view, container, 'init', plan);
    return false;
  }
  return true;
}

function keepSidecars(view: PodView, sandbox: SandboxStatus, plan: PodPlan): true {
  for (const container of view.pod.spec.initContainers ?? [])
    if (isSidecar(container)) planSidecar(view, inSandbox(sandbox, container.name), container, plan);
  return true;
}

/** True when it runs and has started. */
function planSidecar(view: PodView, status: ContainerStatus | undefined, container: DeepReadonly<Container>, plan: PodPlan): boolean {
  if (status?.state !== 'running') {
    startOrWait(view, container, 'init', plan);
    return false;
  }
  if (view.stopping.has(status.id)) return false;
  const kill = whyKill(view, status, container);
  if (kill !== undefined) {
    plan.kill.push({ id: status.id, name: container.name, message: `${kill.why}, will be restarted`, graceSeconds: kill.grace });
    return false;
  }
  return container.startupProbe === undefined || view.verdicts(status.id).startup === 'success';
}

/** True when the container runs on. */
function planMain(view: PodView, sandbox: SandboxStatus, container: DeepReadonly<Container>, plan: PodPlan): boolean {
  const { pod, sandboxes, stopping } = view;
  const status = inSandbox(sandbox, container.name);
  if (status?.state === 'running') {
    if (stopping.has(status.id)) return true;
    const kill = whyKill(view, status, container);
    if (kill === undefined) return true;
    const restart = kill.changed || shouldRestart(pod, container, 137);
    plan.kill.push({
      id: status.id,
      name: container.name,
      message: restart ? `${kill.why}, will be restarted` : kill.why,
      graceSeconds: kill.grace,
    });
    return true;
  }
  const [last] = attemptsOf(sandboxes, container.name);
  if (last?.state === 'exited' && !shouldRestart(pod, container, last.exitCode)) return false;
  startOrWait(view, container, 'main', plan);
  return false;
}

function whyKill(
  view: PodView,
  status: ContainerStatus,
  container: DeepReadonly<Container>,
): { why: string; grace: number; changed: boolean } | undefined {
  const { pod } = view;
  const hash = status.annotations[CONTAINER_HASH];
  if (hash !== undefined && hash !== containerHash(container))
    return { why: `Container ${container.name} definition changed`, grace: graceSeconds(pod), changed: true };
  const { liveness, startup } = view.verdicts(status.id);
  if (liveness === 'failure')
    return { why: `Container ${container.name} failed liveness probe`, grace: graceSeconds(pod, container.livenessProbe), changed: false };
  if (startup === 'failure')
    return { why: `Container ${container.name} failed startup probe`, grace: graceSeconds(pod, container.startupProbe), changed: false };
  return undefined;
}

function startOrWait(view: PodView, container: DeepReadonly<Container>, kind: 'init' | 'main', plan: PodPlan): void {
  const { pod, sandboxes, backoff, now } = view;
  const attempts = attemptsOf(sandboxes, container.name);
  const [last] = attempts;
  if (last === undefined) {
    plan.start.push({ container, kind, attempt: lostAttempts(pod, container.name) });
    return;
  }
  if (last.state === 'created') {
    plan.start.push({ container, kind, attempt: last.attempt });
    return;
  }
  const entry = backoff.get(container.name);
  const end = backoffEnd(entry, last.finishedAt, now);
  if (end !== undefined && entry !== undefined) {
    plan.backingOff.set(
      container.name,
      `back-off ${goDuration(entry.delayMs)} restarting failed container=${container.name} pod=${formatPod(pod)}`,
    );
    wake(plan, end);
    return;
  }
  plan.start.push({ container, kind, attempt: last.attempt + 1, previousEnd: last.finishedAt });
}

/** The runtime knows no container of that name: go on counting where the API's status stopped. */
function lostAttempts({ status }: DeepReadonly<Pod>, name: string): number {
  const known = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((one) => one.name === name);
  return known === undefined || (known.containerID ?? '') === '' ? 0 : known.restartCount + 1;
}

/** Keeps, of each name, the newest container and the one before it, whose logs `--previous` shows. */
function prune({ sandboxes }: PodView, latest: SandboxStatus, plan: PodPlan): void {
  const names = new Set(sandboxes.flatMap(({ containers }) => containers.map(({ name }) => name)));
  for (const name of names)
    plan.removeContainers.push(
      ...attemptsOf(sandboxes, name)
        .slice(2)
        .filter(({ state }) => state === 'exited'),
    );
  for (const sandbox of sandboxes) {
    if (sandbox === latest || sandbox.state === 'ready') continue;
    const needed = sandbox.containers.some((container) => attemptsOf(sandboxes, container.name).slice(0, 2).includes(container));
    if (!needed) plan.removeSandboxes.push(sandbox.id);
  }
  for (const sandbox of sandboxes) if (sandbox !== latest && sandbox.state === 'ready') plan.stopSandboxes.push(sandbox.id);
}

function inSandbox(sandbox: SandboxStatus, name: string): ContainerStatus | undefined {
  return attemptsOf([sandbox], name)[0];
}

function wake(plan: PodPlan, at: number): void {
  plan.wakeAt = Math.min(plan.wakeAt ?? at, at);
}
