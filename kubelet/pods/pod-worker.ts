import { rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { currentCause, withCause } from '../../shared/client/cause.ts';
import { keyOf } from '../../shared/machinery/object-key.ts';
import type { ContainerId, SandboxStatus } from '../runtime/driver.ts';
import type { Rejection } from './admit-pod.ts';
import type { WaitingReason } from './container-status.ts';
import { fieldPathOf, findContainer, formatPod, latestSandbox } from './containers.ts';
import { createSandbox } from './create-sandbox.ts';
import { type KillAction, type PodPlan, planPod, type StartAction } from './plan-pod.ts';
import { planStop } from './plan-stop.ts';
import { podStatus } from './pod-status.ts';
import { deletePodObject, removePodFiles } from './remove-pod.ts';
import { type BackoffEntry, nextBackoff } from './restart-backoff.ts';
import { startContainer } from './start-container.ts';
import { StatusWriter } from './status-writer.ts';
import { ContainerStopper } from './stop-container.ts';
import type { PodNetwork, WorkerDeps } from './worker-deps.ts';

/** Between two tries of what failed, ms: doubles from the first to the last. Source: kubelet backOffPeriod (10 s). */
const RETRY_MS = { first: 500, last: 10_000 };

/** A start that takes longer than this shows its `ContainerCreating` in the API, ms. */
const QUICK_MS = 25;

/**
 * Brings one pod to what its spec says, step by step and one step at a time; level-based: each pass reads the pod, the runtime and the
 * probes anew. Once the pod is deleted or finished it ends it, and for a deleted one removes every trace and then the API object.
 */
export class PodWorker {
  readonly uid: string;
  readonly #deps: WorkerDeps;
  readonly #gone: () => void;
  readonly #writer: StatusWriter;
  readonly #stopper: ContainerStopper;
  readonly #startedAt: number;
  readonly #backoff = new Map<string, BackoffEntry>();
  readonly #failures = new Map<string, { waiting: WaitingReason; retryAt: number; delayMs: number }>();
  readonly #hooksPending = new Set<ContainerId>();
  readonly #backoffTold = new Map<string, number>();
  #backingOff: ReadonlyMap<string, string> = new Map();
  #pod: DeepReadonly<Pod>;
  #deleted = false;
  #end: { reason?: string; message?: string; since: number } | undefined;
  /** Aborted when the pod starts to end, so that no start, hook or mount holds that up. */
  readonly #starting = new AbortController();
  #rejected = false;
  #released = false;
  #removed = false;
  #dirty = false;
  #loop: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #retries = 0;
  #cause: number | undefined;

  constructor(pod: DeepReadonly<Pod>, deps: WorkerDeps, gone: () => void) {
    this.uid = pod.metadata.uid;
    this.#pod = pod;
    this.#deps = deps;
    this.#gone = gone;
    this.#writer = new StatusWriter(pod, deps);
    this.#stopper = new ContainerStopper(deps);
    this.#startedAt = pod.status?.startTime === undefined ? deps.clock.now() : Date.parse(pod.status.startTime);
  }

  get pod(): DeepReadonly<Pod> {
    return this.#pod;
  }

  /** It holds resources of the node, or will. */
  get active(): boolean {
    const { phase } = this.current.status ?? {};
    return this.#end?.reason === undefined && !this.#deleted && phase !== 'Succeeded' && phase !== 'Failed';
  }

  /** The node does not take the pod: it fails without having run. In place of the first `wake`. */
  reject({ reason, message }: Rejection): void {
    this.#deps.events.event(this.#pod, 'Warning', reason, message);
    this.#end = { reason, message: `Pod was rejected: ${message}`, since: this.#deps.clock.now() };
    this.#rejected = true;
    this.wake();
  }

  /** The pod with the newest status that the API is known to hold. */
  get current(): DeepReadonly<Pod> {
    return { ...this.#pod, status: this.#writer.known.status };
  }

  /** The pod as the API has it now; undefined: it is gone there. */
  update(pod: DeepReadonly<Pod> | undefined): void {
    if (pod === undefined) this.#deleted = true;
    else {
      const { labels, annotations } = this.#pod.metadata;
      const relabelled = !isDeepStrictEqual([labels, annotations], [pod.metadata.labels, pod.metadata.annotations]);
      this.#pod = pod;
      this.#writer.observe(pod);
      if (relabelled) void this.refreshVolumes();
    }
    if (this.#deletion()) this.#starting.abort();
    this.wake();
  }

  /** Something about the pod may have changed: look at it soon. */
  wake(): void {
    this.#cause = Math.max(currentCause() ?? 0, this.#cause ?? 0) || undefined;
    this.#dirty = true;
    if (this.#loop === undefined && !this.#deps.signal.aborted) this.#loop = this.#run().finally(() => (this.#loop = undefined));
  }

  /** Brings changed ConfigMaps, Secrets, labels and tokens into its volumes. */
  async refreshVolumes(): Promise<void> {
    if (this.#end !== undefined || this.#sandboxes().length === 0 || (this.#pod.spec.volumes ?? []).length === 0) return;
    try {
      await this.#deps.volumes.mount(this.#pod, this.#network(), this.#starting.signal);
    } catch (error) {
      if (!this.#starting.signal.aborted) this.#deps.events.event(this.#pod, 'Warning', 'FailedMount', textOf(error));
    }
  }

  /** Resolves when nothing of it runs any more; call after the kubelet's signal aborted. */
  async settled(): Promise<void> {
    this.#starting.abort();
    this.#cancelTimer?.();
    await this.#loop;
    await this.#writer.flush();
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // so that all changes of this turn are seen at once
    while (this.#dirty && !this.#deps.signal.aborted) {
      this.#dirty = false;
      const cause = this.#cause;
      this.#cause = undefined;
      try {
        await withCause(cause, () => this.#sync());
        this.#retries = 0;
      } catch (err) {
        if (this.#deps.signal.aborted) return;
        this.#deps.log.warn({ err, object: `pods/${keyOf(this.#pod)}` }, 'pod sync failed, will retry');
        this.#wakeIn(Math.min(RETRY_MS.last, RETRY_MS.first * 2 ** this.#retries++));
      }
    }
  }

  #wakeIn(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#deps.clock.setTimer(Math.max(0, ms), () => this.wake());
  }

  #deletion(): boolean {
    return this.#deleted || this.#pod.metadata.deletionTimestamp !== undefined;
  }

  #sandboxes(): readonly SandboxStatus[] {
    return this.#deps.relist.of(this.uid);
  }

  async #sync(): Promise<void> {
    const { clock, prober, events } = this.#deps;
    const finished = this.#pod.status?.phase === 'Succeeded' || this.#pod.status?.phase === 'Failed';
    if (this.#end === undefined && (this.#deletion() || finished)) this.#end = { since: clock.now() };
    if (this.#end !== undefined) return this.#finish(this.#end.since);
    const now = clock.now();
    const plan = planPod({
      pod: this.#pod,
      sandboxes: this.#sandboxes(),
      verdicts: (id) => prober.verdicts(id),
      backoff: this.#backoff,
      stopping: this.#stopper.stopping,
      startedAt: this.#startedAt,
      now,
    });
    if (plan.finish !== undefined) {
      const { reason, message } = plan.finish;
      if (reason !== undefined) events.event(this.#pod, 'Normal', reason, message ?? '');
      this.#end = { ...plan.finish, since: now };
      return this.#finish(now);
    }
    this.#probe();
    this.#backingOff = plan.backingOff;
    const starts = plan.createSandbox !== undefined || plan.start.length > 0;
    const cancel = starts ? this.#publishUnlessQuick() : undefined;
    if (!starts) this.#publish();
    try {
      await this.#apply(plan);
    } catch (error) {
      this.#publish(); // it waits, and shall say so however quickly that went wrong
      throw error;
    } finally {
      cancel?.();
    }
    const wakes = [...this.#failures.values()].map(({ retryAt }) => retryAt);
    if (plan.wakeAt !== undefined) wakes.push(plan.wakeAt);
    if (wakes.length > 0) this.#wakeIn(Math.min(...wakes) - clock.now());
  }

  /** Starting often takes a few ms: a status in between is written only where it takes longer. Returns what cancels that. */
  #publishUnlessQuick(): () => void {
    const cancel = this.#deps.clock.setTimer(QUICK_MS, () => this.#publish());
    return cancel;
  }

  async #apply(plan: PodPlan): Promise<void> {
    const { driver, relist, events, clock } = this.#deps;
    for (const action of plan.kill) this.#stop(action, false);
    for (const name of plan.backingOff.keys()) this.#tellBackoff(name);
    if (plan.createSandbox !== undefined && plan.stopSandboxes.length > 0)
      events.event(this.#pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    for (const id of plan.stopSandboxes) await driver.stopSandbox(id);
    if (plan.createSandbox !== undefined) {
      await createSandbox(this.#pod, plan.createSandbox.attempt, this.#deps, this.#starting.signal);
      this.#dirty = true;
      return;
    }
    const sandbox = latestSandbox(this.#sandboxes());
    for (const action of plan.start) {
      const failure = this.#failures.get(action.container.name);
      if (sandbox === undefined || this.#starting.signal.aborted || (failure !== undefined && failure.retryAt > clock.now())) continue;
      await this.#start(sandbox, action);
    }
    for (const { id, logPath } of plan.removeContainers) {
      await driver.removeContainer(id);
      await rm(logPath, { force: true });
    }
    for (const id of plan.removeSandboxes) await driver.removeSandbox(id);
    if (plan.removeContainers.length + plan.removeSandboxes.length > 0) await relist.refresh();
  }

  async #start(sandbox: SandboxStatus, action: StartAction): Promise<void> {
    const { clock, relist } = this.#deps;
    const { name } = action.container;
    if (action.previousEnd !== undefined) this.#backoff.set(name, nextBackoff(this.#backoff.get(name), action.previousEnd, clock.now()));
    const running = (id: ContainerId): void => {
      if (action.container.lifecycle?.postStart !== undefined) this.#hooksPending.add(id);
    };
    const result = await startContainer(
      { pod: this.#pod, sandbox: sandbox.id, action, network: this.#network(), running },
      this.#deps,
      this.#starting.signal,
    );
    if ('error' in result) {
      const delayMs = Math.min(RETRY_MS.last, (this.#failures.get(name)?.delayMs ?? RETRY_MS.first) * 2);
      this.#failures.set(name, { waiting: result.error, delayMs, retryAt: clock.now() + delayMs });
    } else {
      this.#failures.delete(name);
      this.#hooksPending.delete(result.id);
      if (result.hookFailed && !this.#starting.signal.aborted) {
        const graceSeconds = this.#pod.spec.terminationGracePeriodSeconds ?? 30;
        this.#stop({ id: result.id, name, message: 'FailedPostStartHook', graceSeconds }, false);
      }
    }
    await relist.refresh();
    this.#probe();
    this.#publish();
  }

  #stop(action: KillAction, exact: boolean): void {
    if (!this.#stopper.wouldStop(action)) return; // its end will wake us
    const { relist, log, signal } = this.#deps;
    const podIP = this.#network().podIPs[0] ?? '';
    this.#stopper
      .stop(this.#pod, action, { podIP, exact })
      .then(() => relist.refresh())
      .then(
        () => this.wake(),
        (err: unknown) => {
          if (signal.aborted) return;
          log.warn({ err, object: `pods/${keyOf(this.#pod)}`, container: action.name }, 'container not stopped, will retry');
          this.#wakeIn(RETRY_MS.first);
        },
      );
  }

  /** The pod ends or has ended: stop what runs; then let go of all it held; then, when it is deleted, remove it from the API. */
  async #finish(since: number): Promise<void> {
    const { driver, relist, prober, clock, volumes, addresses } = this.#deps;
    prober.stopLiveness(this.uid);
    const view = { pod: this.#pod, sandboxes: this.#sandboxes(), deletion: this.#deletion(), since, now: clock.now() };
    const kills = planStop(view);
    for (const kill of kills) this.#stop(kill, view.deletion);
    if (kills.length > 0) return this.#publish();
    prober.remove(this.uid);
    const ready = view.sandboxes.filter(({ state }) => state === 'ready');
    for (const { id } of ready) await driver.stopSandbox(id);
    if (ready.length > 0) await relist.refresh();
    this.#publish();
    if (!this.#released) {
      await volumes.unmount(this.uid);
      addresses?.release(this.uid);
      this.#released = true;
    }
    if (view.deletion) await this.#remove();
  }

  async #remove(): Promise<void> {
    if (!this.#removed) {
      if (!this.#deleted) await this.#writer.flush(); // the last states have to be seen before the pod is gone
      await removePodFiles(this.#pod, this.#deps);
      if (!this.#deleted) await deletePodObject(this.#pod, this.#deps);
      this.#removed = true;
    }
    if (this.#deleted) this.#gone();
  }

  #network(): PodNetwork {
    const { hostIPs, addresses } = this.#deps;
    if (this.#pod.spec.hostNetwork === true) return { podIPs: hostIPs, hostIPs };
    if (addresses === undefined) return { podIPs: hostIPs, hostIPs };
    const ip = latestSandbox(this.#sandboxes())?.ip ?? addresses.allocate(this.uid);
    return { podIPs: ip === undefined ? [] : [ip], hostIPs };
  }

  #probe(): void {
    const podIP = this.#network().podIPs[0] ?? '';
    const pod = this.#pod;
    const before = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
    const running = this.#sandboxes()
      .flatMap(({ containers }) => containers)
      .filter(({ state, id }) => state === 'running' && !this.#hooksPending.has(id));
    this.#deps.prober.sync(
      this.uid,
      running.flatMap((status) => {
        const container = findContainer(pod, status.name);
        if (container === undefined) return [];
        const old = before.find(({ containerID }) => containerID?.endsWith(`//${status.id}`) === true);
        return [{ pod, container, status, podIP, before: { started: old?.started === true, ready: old?.ready === true } }];
      }),
    );
  }

  #publish(): void {
    const { prober, hostIPs, driver, clock } = this.#deps;
    if (this.#deleted) return;
    const sandboxes = this.#sandboxes();
    const sandbox = latestSandbox(sandboxes);
    const hasAddress = sandbox?.state === 'ready' || (sandbox !== undefined && this.#end !== undefined);
    const waiting = new Map([...this.#failures].map(([name, failure]) => [name, failure.waiting]));
    for (const [name, message] of this.#backingOff) waiting.set(name, { reason: 'CrashLoopBackOff', message });
    const status = podStatus({
      pod: this.current,
      sandboxes,
      verdicts: (id) => prober.verdicts(id),
      hooksPending: this.#hooksPending,
      waiting,
      hostIPs,
      podIPs: hasAddress ? this.#network().podIPs : [],
      startedAt: this.#startedAt,
      ...(this.#end === undefined ? {} : { terminal: this.#end }),
      runtimeName: driver.name,
      now: clock.now(),
    });
    if (this.#rejected) {
      delete status.containerStatuses; // it never had any
      delete status.initContainerStatuses;
    }
    this.#writer.set(status);
  }

  /** One event per wait, not one per look. */
  #tellBackoff(name: string): void {
    const since = this.#backoff.get(name)?.updatedAt ?? 0;
    if (this.#backoffTold.get(name) === since) return;
    this.#backoffTold.set(name, since);
    const text = `Back-off restarting failed container ${name} in pod ${formatPod(this.#pod)}`;
    this.#deps.events.event(this.#pod, 'Warning', 'BackOff', text, { fieldPath: fieldPathOf(this.#pod, name) });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
