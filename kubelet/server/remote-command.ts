import type { Readable, Writable } from 'node:stream';
import type { ContainerId, ExecStreams, RuntimeDriver, TerminalSize } from '../runtime/driver.ts';

/** Which streams a request asks for. */
export interface WantedStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** The client's ends of an exec or attach, whatever carries them. */
export interface ClientStreams {
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  /** Messages such as `{"Width":80,"Height":24}`. */
  resize?: Readable;
  /** Aborts when the client is gone. */
  closed: AbortSignal;
  /** Tells what came of it, once both outputs have ended, and closes the connection. */
  finish(status: CommandStatus): Promise<void>;
}

/** A `metav1.Status`, as far as clients look at it. */
export interface CommandStatus {
  metadata: object;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: { causes: { reason?: string; message: string }[] };
  code?: number;
}

export interface RemoteCommand {
  driver: RuntimeDriver;
  container: ContainerId;
  /** undefined: attach to the container's own process. */
  command: readonly string[] | undefined;
  tty: boolean;
}

/** undefined where the request asks for no stream at all. */
export function wantedStreams(params: URLSearchParams): WantedStreams | undefined {
  const wants = (...names: string[]): boolean => names.some((name) => params.get(name) === '1' || params.get(name) === 'true');
  const tty = wants('tty');
  const streams = { stdin: wants('input', 'stdin'), stdout: wants('output', 'stdout'), stderr: wants('error', 'stderr') && !tty, tty };
  return streams.stdin || streams.stdout || streams.stderr ? streams : undefined;
}

/** Serves one exec or attach: joins the streams, and tells the exit code or the error at the end. */
export async function serveRemoteCommand(client: ClientStreams, { driver, container, command, tty }: RemoteCommand): Promise<void> {
  const { stdin, stdout, stderr, resize, closed } = client;
  const streams: ExecStreams = {
    tty,
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    ...(resize === undefined ? {} : { resize: terminalSizes(resize) }),
  };
  let status: CommandStatus;
  try {
    let exitCode = 0;
    if (command === undefined) await driver.attach(container, streams, closed);
    else ({ exitCode } = await driver.exec(container, command, streams, closed));
    status = exitStatus(exitCode);
  } catch (error) {
    status = errorStatus(command === undefined ? 'attaching to container' : 'executing command in container', error);
  }
  if (closed.aborted) return;
  await Promise.all([stdout, stderr].map((stream) => stream && new Promise<void>((resolve) => stream.end(() => resolve()))));
  await client.finish(status);
}

/** Source: kubelet cri/streaming/remotecommand ServeExec. */
function exitStatus(exitCode: number): CommandStatus {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

function errorStatus(doing: string, error: unknown): CommandStatus {
  const message = `error ${doing}: ${error instanceof Error ? error.message : String(error)}`;
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}

/** Messages that are none are ignored. */
async function* terminalSizes(messages: Readable): AsyncGenerator<TerminalSize> {
  for await (const message of messages) {
    // Several may have arrived as one chunk; the last one counts.
    const last = /\{[^{}]*\}\s*$/.exec(String(message))?.[0];
    const size = parseSize(last ?? '');
    if (size !== undefined) yield size;
  }
}

function parseSize(json: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(json) as { Width?: unknown; Height?: unknown };
    const valid = [width, height].every((side) => Number.isInteger(side) && Number(side) > 0 && Number(side) < 65_536);
    return valid ? { width: Number(width), height: Number(height) } : undefined;
  } catch {
    return undefined;
  }
}
