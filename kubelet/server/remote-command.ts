import type { Readable } from 'node:stream';
import type { ContainerId, ExecStreams, RuntimeDriver, TerminalSize } from '../runtime/driver.ts';
import type { ChannelSocket } from './channel-socket.ts';

/** Source: apimachinery wsstream channels of remotecommand. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;

export interface RemoteCommand {
  driver: RuntimeDriver;
  container: ContainerId;
  /** undefined: attach to the container's own process. */
  command: readonly string[] | undefined;
  params: URLSearchParams;
}

/** Serves one exec or attach over an open socket: streams, and at the end a Status on the error channel. */
export async function serveRemoteCommand(socket: ChannelSocket, { driver, container, command, params }: RemoteCommand): Promise<void> {
  const wants = (...names: string[]): boolean => names.some((name) => params.get(name) === '1' || params.get(name) === 'true');
  const tty = wants('tty');
  const stdin = wants('input', 'stdin') ? socket.input(STDIN) : undefined;
  const stdout = wants('output', 'stdout') ? socket.output(STDOUT) : undefined;
  const stderr = wants('error', 'stderr') && !tty ? socket.output(STDERR) : undefined;
  const resize = tty ? terminalSizes(socket.input(RESIZE)) : undefined;
  const streams: ExecStreams = {
    tty,
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    ...(resize === undefined ? {} : { resize }),
  };
  await socket.send(stdout !== undefined ? STDOUT : stderr !== undefined ? STDERR : ERROR, Buffer.alloc(0)); // tells that the streams are open
  let status: object;
  try {
    const exitCode = command === undefined ? (await driver.attach(container, streams, socket.closed), 0) : (await driver.exec(container, command, streams, socket.closed)).exitCode;
    status = exitStatus(exitCode);
  } catch (error) {
    status = errorStatus(command === undefined ? 'attaching to container' : 'executing command in container', error);
  }
  await Promise.all([stdout, stderr].map((stream) => stream && new Promise<void>((resolve) => stream.end(resolve))));
  const structured = /^v[45]\./.test(socket.protocol);
  const message = 'message' in status ? String(status.message) : '';
  await socket.send(ERROR, Buffer.from(structured ? JSON.stringify(status) : message));
  socket.close();
}

/** Source: kubelet cri/streaming/remotecommand ServeExec. */
function exitStatus(exitCode: number): object {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

function errorStatus(doing: string, error: unknown): object {
  const message = `error ${doing}: ${error instanceof Error ? error.message : String(error)}`;
  return { metadata: {}, status: 'Failure', message: `Internal error occurred: ${message}`, reason: 'InternalError', details: { causes: [{ message }] }, code: 500 };
}

/** Messages such as `{"Width":80,"Height":24}`; others are ignored. */
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
