import type { Clock } from '../../../shared/machinery/clock.ts';
import {
  type ContainerId,
  type ContainerSpec,
  type ContainerStats,
  type ContainerStatus,
  type ExecStreams,
  type RuntimeDriver,
  RuntimeError,
  type SandboxId,
  type SandboxSpec,
  type SandboxStatus,
} from '../driver.ts';
import { SandboxChanges } from '../sandbox-changes.ts';
import { type Behaviour, behaviourOf } from './behaviour.ts';

interface Container {
  sandbox: Sandbox;
  spec: ContainerSpec;
  status: ContainerStatus;
  behaviour: Behaviour;
  starting: Promise<void> | undefined;
  cancelExit: () => void;
  /** Called at its end. */
  waiting: Set<() => void>;
}

interface Sandbox {
  id: SandboxId;
  spec: SandboxSpec;
  createdAt: number;
  stopped: boolean;
  containers: Container[];
  /** What `list` answers until the sandbox changes. */
  seen: SandboxStatus | undefined;
}

/**
 * Containers that are only records: their states move on the clock, as annotations ask for (see behaviour.ts). No process, no file, no
 * memory of an earlier kubelet. They have no output; `exec` succeeds at once and says what it was asked to run.
 */
export class SimulatedDriver implements RuntimeDriver {
  readonly name = 'simulated';
  readonly version = '1';
  readonly #clock: Clock;
  readonly #sandboxes = new Map<SandboxId, Sandbox>();
  readonly #containers = new Map<ContainerId, Container>();
  readonly #changes = new SandboxChanges();

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  async runSandbox(spec: SandboxSpec): Promise<SandboxStatus> {
    const id = `${spec.podUid}-${spec.attempt}`;
    let sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) {
      sandbox = { id, spec, createdAt: this.#clock.now(), stopped: false, containers: [], seen: undefined };
      this.#sandboxes.set(id, sandbox);
      this.#changed(sandbox);
    }
    return statusOf(sandbox);
  }

  async createContainer(sandboxOf: SandboxId, spec: ContainerSpec): Promise<ContainerId> {
    const sandbox = this.#sandboxes.get(sandboxOf);
    if (sandbox === undefined) throw new RuntimeError('NotFound', `sandbox "${sandboxOf}" not found`);
    if (sandbox.stopped) throw new RuntimeError('NotRunning', `sandbox "${sandboxOf}" is stopped`);
    const id = `${sandboxOf}-${spec.name}-${spec.attempt}`;
    if (this.#containers.has(id)) return id;
    const { name, attempt, image, logPath, labels, annotations } = spec;
    const status: ContainerStatus = {
      id,
      name,
      attempt,
      state: 'created',
      createdAt: this.#clock.now(),
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      signal: 0,
      reason: '',
      message: '',
      image,
      imageRef: image,
      logPath,
      labels,
      annotations,
    };
    const behaviour = behaviourOf(name, sandbox.spec.annotations, annotations);
    const container: Container = { sandbox, spec, status, behaviour, starting: undefined, cancelExit: () => undefined, waiting: new Set() };
    this.#containers.set(id, container);
    sandbox.containers.push(container);
    this.#changed(sandbox);
    return id;
  }

  async startContainer(id: ContainerId): Promise<void> {
    const container = this.#find(id);
    if (container.sandbox.stopped) throw new RuntimeError('NotRunning', `sandbox "${container.sandbox.id}" is stopped`);
    if (container.status.state !== 'created') return;
    container.starting ??= this.#start(container);
    await container.starting;
  }

  async stopContainer(id: ContainerId, graceMs: number): Promise<void> {
    const container = this.#containers.get(id);
    if (container?.status.state !== 'running') return;
    if (graceMs > 0 && !container.behaviour.ignoresTerm) return this.#exit(container, 143);
    const ended = new AbortController();
    const end = (): void => ended.abort();
    container.waiting.add(end);
    if (graceMs > 0) await this.#clock.sleep(graceMs, ended.signal);
    container.waiting.delete(end);
    this.#exit(container, 137);
  }

  async removeContainer(id: ContainerId): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    await this.stopContainer(id, 0);
    this.#containers.delete(id);
    const { sandbox } = container;
    sandbox.containers = sandbox.containers.filter((other) => other !== container);
    this.#changed(sandbox);
  }

  async stopSandbox(id: SandboxId): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    sandbox.stopped = true;
    for (const { status } of sandbox.containers) await this.stopContainer(status.id, 0);
    this.#changed(sandbox);
  }

  async removeSandbox(id: SandboxId): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    await this.stopSandbox(id);
    for (const { status } of sandbox.containers) this.#containers.delete(status.id);
    this.#sandboxes.delete(id);
    this.#changed(sandbox);
  }

  async list(): Promise<SandboxStatus[]> {
    return [...this.#sandboxes.values()].map((sandbox) => (sandbox.seen ??= statusOf(sandbox)));
  }

  async exec(id: ContainerId, command: readonly string[], { stdout }: ExecStreams): Promise<{ exitCode: number }> {
    this.#running(id, 'exec in');
    stdout?.write(`simulated: ${command.join(' ')}\n`);
    return { exitCode: 0 };
  }

  async attach(id: ContainerId, _streams: ExecStreams, signal: AbortSignal): Promise<void> {
    const container = this.#running(id, 'attach to');
    await new Promise<void>((resolve) => {
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
      container.waiting.add(resolve);
    });
  }

  /** As much as the container asked for. */
  async stats(id: ContainerId): Promise<ContainerStats> {
    const { spec, status } = this.#running(id, 'measure');
    const seconds = (this.#clock.now() - status.startedAt) / 1_000;
    return { cpuNanos: spec.resources.cpuRequestMillis * 1e6 * seconds, memoryBytes: spec.resources.memoryRequestBytes };
  }

  changes(signal: AbortSignal): AsyncIterable<SandboxId> {
    return this.#changes.listen(signal);
  }

  async close(): Promise<void> {
    for (const container of this.#containers.values()) container.cancelExit();
    this.#containers.clear();
    this.#sandboxes.clear();
  }

  async #start(container: Container): Promise<void> {
    const { status, behaviour, sandbox } = container;
    if (behaviour.startAfterMs > 0) await this.#clock.sleep(behaviour.startAfterMs, new AbortController().signal);
    if (this.#containers.get(status.id) !== container || sandbox.stopped) return;
    status.startedAt = this.#clock.now();
    if (behaviour.startError !== undefined) {
      Object.assign(status, {
        state: 'exited',
        finishedAt: status.startedAt,
        exitCode: 128,
        reason: 'StartError',
        message: behaviour.startError,
      });
      this.#changed(sandbox);
      throw new RuntimeError('RunContainerError', behaviour.startError);
    }
    status.state = 'running';
    if (behaviour.exitAfterMs !== undefined) {
      container.cancelExit = this.#clock.setTimer(behaviour.exitAfterMs, () => this.#exit(container, behaviour.exitCode));
    }
    this.#changed(sandbox);
  }

  #exit({ status, behaviour, sandbox, waiting, cancelExit }: Container, exitCode: number): void {
    if (status.state !== 'running') return;
    cancelExit();
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    const signal = exitCode > 128 ? exitCode - 128 : 0;
    Object.assign(status, { state: 'exited', finishedAt: this.#clock.now(), exitCode, signal, reason, message: behaviour.message });
    for (const wake of [...waiting]) wake();
    waiting.clear();
    this.#changed(sandbox);
  }

  #changed(sandbox: Sandbox): void {
    sandbox.seen = undefined;
    this.#changes.emit(sandbox.id);
  }

  #find(id: ContainerId): Container {
    const container = this.#containers.get(id);
    if (container === undefined) throw new RuntimeError('NotFound', `container "${id}" not found`);
    return container;
  }

  #running(id: ContainerId, what: string): Container {
    const container = this.#find(id);
    if (container.status.state !== 'running') throw new RuntimeError('NotRunning', `cannot ${what} container "${id}": it is not running`);
    return container;
  }
}

function statusOf({ id, spec, createdAt, stopped, containers }: Sandbox): SandboxStatus {
  const { podUid, namespace, name, attempt, ip, labels, annotations } = spec;
  return {
    id,
    state: stopped ? 'notReady' : 'ready',
    podUid,
    namespace,
    name,
    attempt,
    createdAt,
    ...(ip === undefined ? {} : { ip }),
    labels,
    annotations,
    containers: containers.map(({ status }) => ({ ...status })),
  };
}
