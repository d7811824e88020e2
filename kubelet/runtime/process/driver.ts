import { constants, openSync, readFileSync, rmSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Logger } from '../../../shared/component/logging.ts';
import type { Clock } from '../../../shared/machinery/clock.ts';
import { LOG_MAX_BYTES, LOG_MAX_FILES } from '../../logs/log-file.ts';
import {
  type ContainerId,
  type ContainerSpec,
  type ContainerStats,
  type ExecStreams,
  type RuntimeDriver,
  RuntimeError,
  type SandboxId,
  type SandboxSpec,
  type SandboxStatus,
} from '../driver.ts';
import { SandboxChanges } from '../sandbox-changes.ts';
import { type ContainerDeps, ProcessContainer } from './container.ts';
import { execIn } from './exec.ts';
import { PAGE_BYTES, readProcess, signalProcess, TICKS_PER_SECOND } from './proc.ts';
import {
  containerId,
  listDirectories,
  loadRecord,
  makePrivateDirectory,
  paths,
  type SandboxRecord,
  sandboxId,
  saveRecord,
} from './state.ts';
import { eradicate, markedProcesses, ProcessTable } from './stray-processes.ts';

export interface ProcessDriverOptions {
  rootDir: string;
  clock: Clock;
  log: Logger;
  logMaxBytes?: number;
  logMaxFiles?: number;
}

/** An attached client that reads so much too slowly is let go, bytes: a container never waits for its watchers. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

interface Sandbox {
  dir: string;
  record: SandboxRecord;
  containers: Map<ContainerId, ProcessContainer>;
}

/** Processes that left their container's group are looked for once for all removals within this time, ms. */
const GATHER_REMOVALS_MS = 20;
/** How long killed processes may take to disappear before we stop waiting for them, ms. */
const KILL_WAIT_MS = 2_000;

/**
 * Containers as child processes of the host, each in a directory of its own, with no privileges and no isolation: they share the host's
 * network, files and users; images are only labels; resource limits are not enforced. They outlive the kubelet: each is led by a small
 * shell that records its exit code, writes its output to files, and is found again by its pid and start time.
 */
export class ProcessDriver implements RuntimeDriver {
  readonly name = 'process';
  readonly version = process.versions.node;
  readonly #options: ProcessDriverOptions;
  readonly #sandboxes = new Map<SandboxId, Sandbox>();
  readonly #changes = new SandboxChanges();
  readonly #processes: ProcessTable;
  readonly #doomed = new Set<ContainerId>();
  #sweep: Promise<void> | undefined;

  private constructor(options: ProcessDriverOptions) {
    this.#options = options;
    this.#processes = new ProcessTable(options.clock);
  }

  /** Takes back the containers that an earlier kubelet left in this root directory, running or not. */
  static async open(options: ProcessDriverOptions): Promise<ProcessDriver> {
    const driver = new ProcessDriver(options);
    driver.#recover();
    return driver;
  }

  async runSandbox(spec: SandboxSpec): Promise<SandboxStatus> {
    const id = sandboxId(this.#options.rootDir, spec);
    let sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) {
      const dir = paths.sandbox(this.#options.rootDir, spec);
      makePrivateDirectory(dir);
      sandbox = { dir, record: { id, spec, createdAt: this.#options.clock.now(), stopped: false }, containers: new Map() };
      saveRecord(dir, 'sandbox.json', sandbox.record);
      this.#sandboxes.set(id, sandbox);
      this.#changes.emit(id);
    }
    return statusOf(sandbox);
  }

  async createContainer(sandboxOf: SandboxId, spec: ContainerSpec): Promise<ContainerId> {
    const sandbox = this.#sandboxes.get(sandboxOf);
    if (sandbox === undefined) throw new RuntimeError('NotFound', `sandbox "${sandboxOf}" not found`);
    if (sandbox.record.stopped) throw new RuntimeError('NotRunning', `sandbox "${sandboxOf}" is stopped`);
    const id = containerId(sandboxOf, spec.name, spec.attempt);
    if (!sandbox.containers.has(id)) {
      const dir = paths.container(sandbox.dir, spec);
      sandbox.containers.set(id, ProcessContainer.create(dir, id, spec, this.#depsFor(sandbox.record)));
      this.#changes.emit(sandboxOf);
    }
    return id;
  }

  async startContainer(id: ContainerId): Promise<void> {
    const { sandbox, container } = this.#find(id);
    if (sandbox.record.stopped) throw new RuntimeError('NotRunning', `sandbox "${sandbox.record.id}" is stopped`);
    await container.start();
  }

  async stopContainer(id: ContainerId, graceMs: number): Promise<void> {
    await this.#container(id)?.container.stop(graceMs);
  }

  async removeContainer(id: ContainerId): Promise<void> {
    const found = this.#container(id);
    if (found === undefined) return;
    await found.container.remove();
    await this.#killStrays([id]);
    found.sandbox.containers.delete(id);
    this.#changes.emit(found.sandbox.record.id);
  }

  async stopSandbox(id: SandboxId): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    if (!sandbox.record.stopped) {
      sandbox.record.stopped = true;
      saveRecord(sandbox.dir, 'sandbox.json', sandbox.record);
    }
    await Promise.all([...sandbox.containers.values()].map((container) => container.stop(0)));
    this.#changes.emit(id);
  }

  async removeSandbox(id: SandboxId): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    await this.stopSandbox(id);
    await Promise.all([...sandbox.containers.values()].map((container) => container.remove()));
    await this.#killStrays([...sandbox.containers.keys()]);
    await rm(sandbox.dir, { recursive: true, force: true });
    await rmdir(dirname(sandbox.dir)).catch(() => undefined); // volumes, or another sandbox: a pod's directory goes with the last of them
    this.#sandboxes.delete(id);
    this.#changes.emit(id);
  }

  async list(): Promise<SandboxStatus[]> {
    const sandboxes = [...this.#sandboxes.values()];
    for (const { containers } of sandboxes) for (const container of containers.values()) container.check();
    return sandboxes.map(statusOf);
  }

  async exec(id: ContainerId, command: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<{ exitCode: number }> {
    return execIn(this.#find(id).container, { command, streams, clock: this.#options.clock }, signal);
  }

  async attach(id: ContainerId, { stdin, stdout, stderr }: ExecStreams, signal: AbortSignal): Promise<void> {
    const { container } = this.#find(id);
    if (!container.running) throw new RuntimeError('NotRunning', `cannot attach to container "${id}": it is not running`);
    const input = stdin === undefined || !container.spec.stdin ? undefined : openInput(container.ioDir);
    input?.on('error', () => undefined); // the container closed its stdin
    if (input !== undefined) stdin?.pipe(input);
    stdin?.once('end', () => container.spec.stdinOnce && closeInput(container));
    await new Promise<void>((resolve) => {
      const leave = (): void => {
        forget();
        silence();
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const silence = container.listen((stream, chunk) => {
        const output = stream === 'stdout' || container.spec.tty ? stdout : stderr;
        output?.write(chunk);
        if ((output?.writableLength ?? 0) > MAX_UNREAD_BYTES) leave();
      });
      let forget: () => void = () => undefined;
      forget = container.onExit(leave);
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
    if (input !== undefined) {
      stdin?.unpipe(input);
      input.destroy();
      if (container.spec.stdinOnce && container.running) closeInput(container);
    }
  }

  async stats(id: ContainerId): Promise<ContainerStats> {
    const { container } = this.#find(id);
    if (!container.running) throw new RuntimeError('NotRunning', `container "${id}" is not running`);
    const own = this.#processes.recent().filter(({ session }) => session === container.pid);
    const sum = (of: (process: (typeof own)[number]) => number): number => own.reduce((total, process) => total + of(process), 0);
    return {
      cpuNanos: (sum(({ cpuTicks }) => cpuTicks) / TICKS_PER_SECOND) * 1e9,
      memoryBytes: sum(({ residentPages }) => residentPages) * PAGE_BYTES,
    };
  }

  changes(signal: AbortSignal): AsyncIterable<SandboxId> {
    return this.#changes.listen(signal);
  }

  async close(): Promise<void> {
    for (const { containers } of this.#sandboxes.values()) for (const container of containers.values()) container.release();
    this.#sandboxes.clear();
  }

  #recover(): void {
    let shims: Map<ContainerId, number> | undefined;
    const shimOf = (id: ContainerId): number | undefined => {
      shims ??= new Map(markedProcesses().flatMap((process) => (process.leader ? [[process.id, process.pid]] : [])));
      return shims.get(id);
    };
    for (const podDir of listDirectories(paths.pods(this.#options.rootDir))) {
      for (const dir of listDirectories(podDir)) {
        const record = loadRecord<SandboxRecord>(dir, 'sandbox.json');
        if (record === undefined) continue;
        const sandbox: Sandbox = { dir, record, containers: new Map() };
        const found = listDirectories(join(dir, 'containers')).flatMap((containerDir) => {
          const container = ProcessContainer.recover(containerDir, this.#depsFor(record), shimOf);
          if (container === undefined) rmSync(containerDir, { recursive: true, force: true });
          return container ?? [];
        });
        found.sort((a, b) => a.status().createdAt - b.status().createdAt);
        for (const container of found) sandbox.containers.set(container.id, container);
        this.#sandboxes.set(record.id, sandbox);
      }
    }
  }

  #depsFor({ id, spec }: SandboxRecord): ContainerDeps {
    const { clock, log, logMaxBytes = LOG_MAX_BYTES, logMaxFiles = LOG_MAX_FILES } = this.#options;
    return {
      clock,
      log,
      logMaxBytes,
      logMaxFiles,
      hostname: spec.hostname,
      processes: this.#processes,
      changed: () => this.#changes.emit(id),
    };
  }

  #container(id: ContainerId): { sandbox: Sandbox; container: ProcessContainer } | undefined {
    for (const sandbox of this.#sandboxes.values()) {
      const container = sandbox.containers.get(id);
      if (container !== undefined) return { sandbox, container };
    }
    return undefined;
  }

  #find(id: ContainerId): { sandbox: Sandbox; container: ProcessContainer } {
    const found = this.#container(id);
    if (found === undefined) throw new RuntimeError('NotFound', `container "${id}" not found`);
    return found;
  }

  /** Looks through all processes of the machine, so removals at about the same time share one look. */
  async #killStrays(ids: readonly ContainerId[]): Promise<void> {
    const { clock } = this.#options;
    for (const id of ids) this.#doomed.add(id);
    this.#sweep ??= clock.sleep(GATHER_REMOVALS_MS, new AbortController().signal).then(async () => {
      const doomed = new Set(this.#doomed);
      this.#doomed.clear();
      this.#sweep = undefined;
      await eradicate(doomed, clock, KILL_WAIT_MS);
    });
    await this.#sweep;
  }
}

function statusOf({ record, containers }: Sandbox): SandboxStatus {
  const { podUid, namespace, name, attempt, ip, labels, annotations } = record.spec;
  return {
    id: record.id,
    state: record.stopped ? 'notReady' : 'ready',
    podUid,
    namespace,
    name,
    attempt,
    createdAt: record.createdAt,
    ...(ip === undefined ? {} : { ip }),
    labels,
    annotations,
    containers: [...containers.values()].map((container) => container.status()),
  };
}

/** A FIFO that is full must not block a thread, so it is opened for polling. */
function openInput(ioDir: string): Socket | undefined {
  try {
    const fd = openSync(join(ioDir, 'stdin'), constants.O_WRONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: false, writable: true });
  } catch {
    return undefined;
  }
}

/** Ends the container's stdin for good: without its holder it lasts as long as the writers that there are. */
function closeInput(container: ProcessContainer): void {
  let holder: number;
  try {
    holder = Number(readFileSync(join(container.ioDir, 'holder'), 'latin1'));
  } catch {
    return;
  }
  if (readProcess(holder)?.session === container.pid) signalProcess(holder, 'SIGKILL');
}
