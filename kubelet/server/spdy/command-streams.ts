import type { Clock } from '../../../shared/machinery/clock.ts';
import type { ClientStreams, WantedStreams } from '../remote-command.ts';
import type { SpdyConnection, SpdyStream } from './spdy-connection.ts';

/** The protocols of exec and attach over SPDY, the best first. Source: apimachinery remotecommand constants. */
export const COMMAND_PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io'] as const;

/** How long a client may take to open its streams, ms. Source: kubelet DefaultStreamCreationTimeout (30 s). */
const CREATION_MS = 30_000;

/** The streams of an exec or attach as the client opens them; undefined where it does not, which ends the connection. */
export async function commandStreams(
  connection: SpdyConnection,
  { stdin, stdout, stderr, tty }: WantedStreams,
  { protocol, clock }: { protocol: string; clock: Clock },
): Promise<ClientStreams | undefined> {
  const wanted = new Set(['error']);
  if (stdin) wanted.add('stdin');
  if (stdout) wanted.add('stdout');
  if (stderr) wanted.add('stderr');
  if (tty && !protocol.startsWith('v2')) wanted.add('resize');
  const streams = new Map<string, SpdyStream>();
  const complete = new AbortController();
  void connection.run((stream) => {
    const type = stream.headers.get('streamtype') ?? '';
    if (!wanted.has(type) || streams.has(type)) return stream.destroy();
    streams.set(type, stream);
    if (streams.size === wanted.size) complete.abort();
    return undefined;
  });
  await clock.sleep(CREATION_MS, AbortSignal.any([complete.signal, connection.closed]));
  const error = streams.get('error');
  if (!complete.signal.aborted || error === undefined) {
    await connection.close();
    return undefined;
  }
  const named = (name: string): SpdyStream | undefined => streams.get(name);
  const [input, output, errors, resize] = ['stdin', 'stdout', 'stderr', 'resize'].map(named);
  return {
    ...(input === undefined ? {} : { stdin: input }),
    ...(output === undefined ? {} : { stdout: output }),
    ...(errors === undefined ? {} : { stderr: errors }),
    ...(resize === undefined ? {} : { resize }),
    closed: connection.closed,
    finish: async (status) => {
      const text = protocol.startsWith('v4') ? JSON.stringify(status) : (status.message ?? '');
      await new Promise<void>((resolve) => error.end(text, () => resolve()));
      await connection.close();
    },
  };
}
