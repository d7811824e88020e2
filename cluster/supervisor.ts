import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Clock } from '../shared/machinery/clock.ts';
import { ClusterError } from './cluster-error.ts';
import type { DataDir } from './data-dir.ts';
import { programCommand } from './programs.ts';
import { type ProcessStatus, SupervisedProcess } from './supervised-process.ts';
import type { ProcessSpec } from './topology.ts';

/** A process that ends this often before it was ready will not become ready. */
const CRASH_LOOP = 3;
/** A start that takes longer has failed, ms. */
const READY_MS = 90_000;

export interface SupervisorOptions {
  dir: DataDir;
  clock: Clock;
  /** Run the sources through tsx instead of the bundles. */
  sources: boolean;
  /** Called when a process is ready for the first time, ms after `start`. */
  onReady?: (name: string, ms: number) => void;
}

/** What the control socket lets other commands do. */
export interface Control {
  status(): unknown;
  stop(): void;
  addNodes(request: { count: number; simulated: boolean }): Promise<unknown>;
  removeNode(name: string): Promise<unknown>;
}

/** Runs a set of processes: starts them side by side, keeps them running, stops them stage by stage. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #processes = new Map<string, SupervisedProcess>();
  readonly #seenReady = new Set<string>();
  #waiters: (() => void)[] = [];
  #startedAt = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  start(specs: readonly ProcessSpec[]): void {
    const { clock, dir, sources } = this.#options;
    this.#startedAt ||= clock.monotonic();
    for (const spec of [...specs].sort((a, b) => a.stage - b.stage)) {
      const process = new SupervisedProcess(spec, {
        clock,
        command: (program) => programCommand(program, sources),
        logFile: dir.log(spec.name),
        onChange: (changed) => this.#changed(changed),
      });
      this.#processes.set(spec.name, process);
      process.start();
    }
  }

  #changed({ status: { name, state } }: SupervisedProcess): void {
    if (state === 'ready' && !this.#seenReady.has(name)) {
      this.#seenReady.add(name);
      this.#options.onReady?.(name, this.#options.clock.monotonic() - this.#startedAt);
    }
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  /** Resolves once every process has been ready; throws ClusterError with the end of the log of one that keeps ending or never gets there. */
  async whenReady(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + READY_MS;
    for (;;) {
      const waiting = [...this.#processes.values()].filter(({ status }) => !this.#seenReady.has(status.name));
      if (signal.aborted || waiting.length === 0) return;
      const failed = waiting.find(({ status }) => status.state === 'backing off' && status.restarts + 1 >= CRASH_LOOP);
      if (failed !== undefined)
        throw new ClusterError(`${failed.status.name} keeps ending (${failed.status.lastExit}); the end of its log:\n${failed.tail(15)}`);
      const [slow] = waiting;
      if (slow !== undefined && clock.monotonic() > deadline)
        throw new ClusterError(`${slow.status.name} is not ready after ${READY_MS / 1000} s; the end of its log:\n${slow.tail(15)}`);
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimer(Math.max(1, deadline - clock.monotonic() + 1), resolve);
        this.#waiters.push(() => {
          cancel();
          resolve();
        });
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  status(): ProcessStatus[] {
    return [...this.#processes.values()].map(({ status }) => status);
  }

  async stopOne(name: string): Promise<void> {
    const process = this.#processes.get(name);
    this.#processes.delete(name);
    this.#seenReady.delete(name); // one of that name that is started later has to get ready anew
    await process?.stop();
  }

  /** Stops the last stage first, each stage's processes side by side. */
  async stop(): Promise<void> {
    const stages = [...new Set([...this.#processes.values()].map(({ spec }) => spec.stage))].sort((a, b) => b - a);
    for (const stage of stages) {
      const members = [...this.#processes.values()].filter(({ spec }) => spec.stage === stage);
      await Promise.all(members.map((process) => process.stop()));
    }
  }
}

/** Serves `Control` on the data directory's socket, which only its owner can open. */
export async function serveControl(dir: DataDir, control: Control): Promise<Server> {
  rmSync(dir.supervisorSocket, { force: true });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      handle(`${request.method} ${request.url}`, Buffer.concat(chunks).toString('utf8'))
        .then((body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {})))
        .catch((error: unknown) =>
          response.writeHead(500).end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) })),
        );
    });
  });
  async function handle(route: string, body: string): Promise<unknown> {
    if (route === 'GET /status') return control.status();
    if (route === 'POST /stop') return control.stop();
    if (route === 'POST /nodes') return control.addNodes(JSON.parse(body) as { count: number; simulated: boolean });
    if (route.startsWith('DELETE /nodes/')) return control.removeNode(decodeURIComponent(route.slice('DELETE /nodes/'.length)));
    throw new Error(`unknown request ${route}`);
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(dir.supervisorSocket, resolve);
  });
  return server;
}
