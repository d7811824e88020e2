import type { ChildProcess } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../shared/component/logging.ts';
import type { Clock } from '../../../shared/machinery/clock.ts';
import { LogCopier, type OutputListener } from '../../logs/log-copier.ts';
import { terminationMessage } from '../../logs/termination-message.ts';
import { type ContainerId, type ContainerSpec, type ContainerStatus, type ExitReason, RuntimeError } from '../driver.ts';
import { environmentOf } from './environment.ts';
import { launch } from './launch.ts';
import { bootId, isAlive, readProcess, signalProcess } from './proc.ts';
import { findExecutable, makeRootDirectory, workingDirectory } from './root-directory.ts';
import { type ContainerRecord, loadRecord, makePrivateDirectory, saveRecord } from './state.ts';
import { awaitGroupGone, killMarked, type ProcessTable } from './stray-processes.ts';

export interface ContainerDeps {
  clock: Clock;
  log: Logger;
  logMaxBytes: number;
  logMaxFiles: number;
  hostname: string;
  processes: ProcessTable;
  /** Called after each change of state. */
  changed: () => void;
}

/** How long a killed process group may take to disappear before we stop waiting for it, ms. */
const KILL_WAIT_MS = 2_000;
/** How often the end of a process that we wait for but did not start is looked for, ms. */
const ADOPTED_POLL_MS = 10;
/** The longest that a timer can be set to, ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One container of the process runtime: a directory, and once started a process session. */
export class ProcessContainer {
  readonly #dir: string;
  readonly #deps: ContainerDeps;
  readonly #record: ContainerRecord;
  readonly #exitListeners = new Set<() => void>();
  #copier: LogCopier | undefined;
  #child: ChildProcess | undefined;
  #starting: Promise<void> | undefined;
  #released = false;

  private constructor(dir: string, record: ContainerRecord, deps: ContainerDeps) {
    this.#dir = dir;
    this.#record = record;
    this.#deps = deps;
  }

  /** Makes the directory, or nothing at all. */
  static create(dir: string, id: ContainerId, spec: ContainerSpec, deps: ContainerDeps): ProcessContainer {
    if (spec.command.length === 0) {
      throw new RuntimeError(
        'CreateContainerError',
        `image "${spec.image}" has no unpacked root filesystem for the process runtime: set command`,
      );
    }
    const record: ContainerRecord = {
      id,
      spec,
      state: 'created',
      createdAt: deps.clock.now(),
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      reason: '',
      message: '',
      pid: 0,
      startTicks: 0,
      bootId: '',
      killed: false,
    };
    const container = new ProcessContainer(dir, record, deps);
    try {
      makePrivateDirectory(join(dir, 'io'));
      for (const file of ['io/stdout', 'io/stderr', 'termination-log']) writeFileSync(join(dir, file), '', { flag: 'a', mode: 0o600 });
      makeRootDirectory(container.root, spec, container.terminationLog);
      container.#save();
    } catch (error) {
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
    return container;
  }

  /** What an earlier kubelet left; undefined where that is no whole container. `found` is its shim's pid, if one runs that the record misses. */
  static recover(dir: string, deps: ContainerDeps, found: (id: ContainerId) => number | undefined): ProcessContainer | undefined {
    const record = loadRecord<ContainerRecord>(dir, 'container.json');
    if (record === undefined) return undefined;
    const container = new ProcessContainer(dir, record, deps);
    if (record.state === 'created') {
      const pid = found(record.id);
      if (pid !== undefined) container.#started(pid, statSync(join(dir, 'io', 'stdout')).birthtimeMs);
      else if (container.#exitFile() !== undefined) container.#started(0, statSync(join(dir, 'io', 'stdout')).birthtimeMs);
    }
    if (record.state === 'running') {
      container.#copy();
      container.check();
    }
    return container;
  }

  get id(): ContainerId {
    return this.#record.id;
  }
  get spec(): ContainerSpec {
    return this.#record.spec;
  }
  get running(): boolean {
    return this.#record.state === 'running';
  }
  /** Leads the session; 0 before the start. */
  get pid(): number {
    return this.#record.pid;
  }
  get root(): string {
    return join(this.#dir, 'rootfs');
  }
  get ioDir(): string {
    return join(this.#dir, 'io');
  }
  get terminationLog(): string {
    return join(this.#dir, 'termination-log');
  }
  get env(): Record<string, string> {
    const { id, spec, root, terminationLog } = this;
    return environmentOf({ id, spec, hostname: this.#deps.hostname, root, terminationLog });
  }

  status(): ContainerStatus {
    const { id, spec, state, createdAt, startedAt, finishedAt, exitCode, reason, message, pid } = this.#record;
    const { name, attempt, image, logPath, labels, annotations } = spec;
    return {
      id,
      name,
      attempt,
      state,
      createdAt,
      startedAt,
      finishedAt,
      exitCode,
      signal: exitCode > 128 && exitCode < 192 ? exitCode - 128 : 0,
      reason,
      message,
      image,
      imageRef: image,
      logPath,
      labels,
      annotations,
      ...(state === 'running' ? { pid } : {}),
    };
  }

  start(): Promise<void> {
    if (this.#record.state !== 'created') return Promise.resolve();
    this.#starting ??= this.#launch().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /** Finds out whether it still runs; needed only for processes that are not our children. */
  check(): void {
    const { state, pid, startTicks, bootId: boot } = this.#record;
    if (state !== 'running' || this.#child !== undefined) return;
    if (this.#exitFile() !== undefined || boot !== bootId() || !isAlive(pid, startTicks)) this.#finish();
  }

  async stop(graceMs: number): Promise<void> {
    await this.#starting?.catch(() => undefined);
    if (this.#record.state !== 'running') return;
    if (graceMs > 0) {
      this.#signal('SIGTERM');
      await this.#awaitExit(Math.min(graceMs, MAX_TIMER_MS));
    }
    if (this.running) {
      this.#record.killed = true;
      this.#save();
      this.#signal('SIGKILL');
      await this.#awaitExit(KILL_WAIT_MS);
    }
    await awaitGroupGone(this.pid, this.#deps, KILL_WAIT_MS);
  }

  /** The caller then sees to processes that left its group. */
  async remove(): Promise<void> {
    await this.stop(0);
    this.release();
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** Calls `fn` once the running container has ended; returns what takes that back. */
  onExit(fn: () => void): () => void {
    if (this.running) this.#exitListeners.add(fn);
    else fn();
    return () => this.#exitListeners.delete(fn);
  }

  /** Raw output from now on; returns what ends it. */
  listen(listener: OutputListener): () => void {
    return this.#copier?.listen(listener) ?? ((): void => undefined);
  }

  /** Lets go of files and watchers; the process stays. */
  release(): void {
    this.#released = true;
    this.#copier?.close();
    this.#copier = undefined;
  }

  async #launch(): Promise<void> {
    const { spec, root, env } = this;
    const cwd = workingDirectory(root, spec);
    try {
      const [program = '', ...args] = [...spec.command, ...spec.args];
      const argv = [findExecutable(program, { root, cwd, path: env.PATH ?? '' }), ...args];
      this.#child = await launch({ argv, cwd, env, ioDir: this.ioDir, stdin: spec.stdin });
    } catch (error) {
      const now = this.#deps.clock.now();
      const message = error instanceof Error ? error.message : String(error);
      // 128 and StartError are what containerd reports for a process that never was.
      Object.assign(this.#record, { state: 'exited', startedAt: now, finishedAt: now, exitCode: 128, reason: 'StartError', message });
      this.#save();
      this.#deps.changed();
      throw error instanceof RuntimeError ? error : new RuntimeError('RunContainerError', message, { cause: error });
    }
    const child = this.#child;
    this.#started(child.pid ?? 0, this.#deps.clock.now());
    this.#copy();
    if (child.exitCode !== null || child.signalCode !== null) this.#finish();
    else child.once('exit', () => this.#finish());
    this.#deps.changed();
  }

  #started(pid: number, at: number): void {
    Object.assign(this.#record, {
      state: 'running',
      pid,
      startedAt: Math.round(at),
      startTicks: readProcess(pid)?.startTicks ?? 0,
      bootId: bootId(),
    });
    this.#save();
  }

  #copy(): void {
    const { clock, log, logMaxBytes, logMaxFiles } = this.#deps;
    this.#copier = new LogCopier({
      path: this.spec.logPath,
      maxBytes: logMaxBytes,
      maxFiles: logMaxFiles,
      outputDir: this.ioDir,
      cursorPath: join(this.#dir, 'cursor'),
      clock,
      log,
    });
    this.#copier.start(() => {
      if (this.#record.state === 'running' && this.#exitFile() !== undefined) this.#finish();
    });
  }

  /** Records the end, once; then kills what the container's first process has left behind, as the end of a pid namespace would. */
  #finish(): void {
    const record = this.#record;
    if (record.state !== 'running' || this.#released) return;
    const exit = this.#exitFile();
    const sameBoot = record.bootId === bootId();
    // No exit code: the shim itself was killed, or the whole machine went down.
    const { exitCode, reason } =
      exit ?? (sameBoot || record.killed ? { exitCode: 137, reason: 'Error' as const } : { exitCode: 255, reason: 'Unknown' as const });
    if (this.#child !== undefined) signalProcess(-record.pid, 'SIGKILL');
    else if (sameBoot) killMarked(new Set([record.id])); // it ended unseen, so its group's number may be another's by now
    try {
      this.#copier?.drain(true);
    } catch (err) {
      this.#deps.log.warn({ err, path: this.spec.logPath }, 'cannot copy container output');
    }
    this.#copier?.close();
    this.#copier = undefined;
    const finishedAt = Math.max(Math.round(exit?.at ?? this.#deps.clock.now()), record.startedAt);
    const message = terminationMessage({
      file: this.terminationLog,
      policy: this.spec.terminationMessagePolicy,
      logPath: this.spec.logPath,
      exitCode,
    });
    Object.assign(record, { state: 'exited', finishedAt, exitCode, reason, message });
    this.#child = undefined;
    try {
      this.#save();
    } catch (err) {
      this.#deps.log.error({ err, container: record.id }, 'cannot record that a container ended');
    }
    for (const listener of [...this.#exitListeners]) listener();
    this.#exitListeners.clear();
    this.#deps.changed();
  }

  #exitFile(): { exitCode: number; reason: ExitReason; at: number } | undefined {
    const file = join(this.ioDir, 'exit');
    try {
      const text = readFileSync(file, 'latin1');
      if (!text.endsWith('\n')) return undefined; // being written
      const exitCode = Number(text);
      return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', at: statSync(file).mtimeMs };
    } catch {
      return undefined;
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, startTicks } = this.#record;
    if (this.#child !== undefined || isAlive(pid, startTicks)) signalProcess(-pid, signal);
  }

  /** Nobody tells us of the end of a process that is not our child, so it is looked for. */
  async #awaitExit(limitMs: number): Promise<void> {
    const waiting = new AbortController();
    const until = this.#deps.clock.monotonic() + limitMs;
    const forget = this.onExit(() => waiting.abort());
    while (!waiting.signal.aborted) {
      const left = until - this.#deps.clock.monotonic();
      if (left <= 0) break;
      await this.#deps.clock.sleep(this.#child === undefined ? Math.min(ADOPTED_POLL_MS, left) : left, waiting.signal);
      this.check();
    }
    forget();
  }

  #save(): void {
    saveRecord(this.#dir, 'container.json', this.#record);
  }
}
