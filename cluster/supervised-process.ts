import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Backoff } from '../shared/machinery/backoff.ts';
import type { Clock } from '../shared/machinery/clock.ts';
import type { ProcessSpec } from './topology.ts';

export type ProcessState = 'starting' | 'ready' | 'backing off' | 'stopped';

export interface ProcessStatus {
  name: string;
  state: ProcessState;
  pid: number | undefined;
  restarts: number;
  /** ms since the epoch. */
  startedAt: number;
  facts: Record<string, string | number>;
  lastExit: string | undefined;
}

interface Deps {
  clock: Clock;
  /** The program and its first arguments, before the component's own. */
  command: (spec: ProcessSpec) => { file: string; args: string[]; env: NodeJS.ProcessEnv };
  logFile: string;
  onChange: (process: SupervisedProcess) => void;
}

/** A log is set aside at its process's start once it has grown to this many bytes. */
const LOG_ROTATE_BYTES = 16 * 1024 * 1024;
/** A process that lived this long starts its back-off anew, ms. */
const STABLE_MS = 30_000;
const BACKGROUND_NICENESS = 10;
/** After SIGTERM, ms until SIGKILL. */
const STOP_GRACE_MS = 35_000;

/** Keeps one process running: starts it, starts it again with back-off when it ends, stops it. */
export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #deps: Deps;
  readonly #backoff = new Backoff({ initialMs: 100, maxMs: 10_000 });
  #child: ChildProcess | undefined;
  #cancelRestart: (() => void) | undefined;
  #gone: Promise<void> = Promise.resolve();
  #stopping = false;
  readonly #status: ProcessStatus;

  constructor(spec: ProcessSpec, deps: Deps) {
    this.spec = spec;
    this.#deps = deps;
    this.#status = { name: spec.name, state: 'stopped', pid: undefined, restarts: 0, startedAt: 0, facts: {}, lastExit: undefined };
  }

  get status(): ProcessStatus {
    return { ...this.#status };
  }

  start(): void {
    const { clock, command, logFile } = this.#deps;
    rotate(logFile);
    const log = openSync(logFile, 'a', 0o600);
    const { file, args, env } = command(this.spec);
    // The IPC channel tells the process when its supervisor is gone, whatever ended it.
    const child = spawn(file, [...args, ...this.spec.args], { stdio: ['ignore', log, log, 'ipc'], env, detached: false });
    closeSync(log);
    this.#child = child;
    if (this.spec.background === true && child.pid !== undefined) setPriority(child.pid, BACKGROUND_NICENESS);
    Object.assign(this.#status, { state: 'starting', pid: child.pid, startedAt: clock.now(), facts: {} });
    child.on('message', (message: { type?: string; facts?: Record<string, string | number> }) => {
      if (message.type !== 'ready') return;
      Object.assign(this.#status, { state: 'ready', facts: message.facts ?? {} });
      this.#deps.onChange(this);
    });
    this.#gone = new Promise((resolve) => {
      const ended = (how: string): void => {
        if (this.#child !== child) return;
        this.#child = undefined;
        this.#ended(how);
        resolve();
      };
      child.once('error', (error) => ended(error.message));
      child.once('exit', (code, signal) => ended(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    this.#deps.onChange(this);
  }

  #ended(how: string): void {
    const { clock } = this.#deps;
    Object.assign(this.#status, { pid: undefined, lastExit: how, state: this.#stopping ? 'stopped' : 'backing off' });
    if (!this.#stopping) {
      if (clock.now() - this.#status.startedAt > STABLE_MS) this.#backoff.reset();
      this.#cancelRestart = clock.setTimer(this.#backoff.next(), () => {
        this.#status.restarts++;
        this.start();
      });
    }
    this.#deps.onChange(this);
  }

  /** SIGTERM, SIGKILL after a while; resolves once the process is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelRestart?.();
    const child = this.#child;
    if (child !== undefined) {
      child.kill('SIGTERM');
      const cancel = this.#deps.clock.setTimer(STOP_GRACE_MS, () => child.kill('SIGKILL'));
      await this.#gone;
      cancel();
    }
    this.#status.state = 'stopped';
  }

  /** The last lines it wrote. */
  tail(lines: number): string {
    return tailOf(this.#deps.logFile, lines);
  }
}

function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > LOG_ROTATE_BYTES) renameSync(file, `${file}.1`);
}

/** The last lines of a file, read from its end. */
export function tailOf(file: string, lines: number): string {
  if (!existsSync(file)) return '';
  const size = statSync(file).size;
  const length = Math.min(size, 64 * 1024);
  const bytes = Buffer.alloc(length);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, bytes, 0, length, size - length);
  } finally {
    closeSync(fd);
  }
  return bytes.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
