import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Clock } from '../../../shared/machinery/clock.ts';
import { type ExecStreams, RuntimeError } from '../driver.ts';
import type { ProcessContainer } from './container.ts';
import { signalProcess } from './proc.ts';
import { findExecutable, workingDirectory } from './root-directory.ts';
import { openTerminal } from './terminal.ts';

export interface ExecRequest {
  command: readonly string[];
  streams: ExecStreams;
  clock: Clock;
}

/** Runs a command in a container's directory and environment, in a session of its own; the container's end or `signal` kills it. */
export async function execIn(
  container: ProcessContainer,
  { command, streams, clock }: ExecRequest,
  signal: AbortSignal,
): Promise<{ exitCode: number }> {
  if (!container.running) throw new RuntimeError('NotRunning', `cannot exec in container "${container.id}": it is not running`);
  const { root, spec } = container;
  const env: Record<string, string> = { ...container.env, ...(streams.tty ? { TERM: 'xterm' } : {}) };
  const cwd = workingDirectory(root, spec);
  const [program = '', ...args] = command;
  const argv = [findExecutable(program, { root, cwd, path: env.PATH ?? '' }), ...args];
  const terminal = streams.tty ? openTerminal(argv, env) : undefined;
  const [file = '', ...rest] = terminal?.argv ?? argv;
  const child = spawn(file, rest, {
    argv0: terminal === undefined ? program : file,
    cwd,
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) signalProcess(-child.pid, 'SIGKILL');
  };
  const finished = new Promise<{ exitCode: number }>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new RuntimeError('RunContainerError', `unable to start container process: ${cause.message}`, { cause })),
    );
    child.once('close', (code, killedBy) => resolve({ exitCode: code ?? 128 + (killedBy === null ? 0 : constants.signals[killedBy]) }));
  });
  child.stdin.on('error', () => undefined); // it ended without reading all
  for (const output of [streams.stdout, streams.stderr]) output?.once('error', kill);
  if (streams.stdin === undefined) child.stdin.end();
  else streams.stdin.pipe(child.stdin);
  if (streams.stdout === undefined) child.stdout.resume();
  else child.stdout.pipe(streams.stdout, { end: false });
  if (streams.stderr === undefined) child.stderr.resume();
  else child.stderr.pipe(streams.stderr, { end: false });
  if (terminal !== undefined && streams.resize !== undefined) terminal.follow(streams.resize, clock).catch(() => undefined); // a size that cannot be set
  signal.addEventListener('abort', kill, { once: true });
  const forget = container.onExit(kill);
  if (signal.aborted) kill();
  try {
    return await finished;
  } finally {
    signal.removeEventListener('abort', kill);
    forget();
    streams.stdin?.unpipe(child.stdin);
    terminal?.close();
  }
}
