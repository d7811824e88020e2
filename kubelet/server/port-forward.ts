import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ChannelSocket } from './channel-socket.ts';
import { HttpError } from './http-error.ts';

/** The ports that a request names, `ports=80&ports=443` or `ports=80,443`. Throws 400. */
export function requestedPorts(params: URLSearchParams): number[] {
  const ports = [...params.getAll('ports'), ...params.getAll('port')].flatMap((text) => text.split(',')).map(Number);
  if (ports.length === 0) throw new HttpError(400, 'query parameter "port" is required');
  const wrong = ports.find((port) => !Number.isInteger(port) || port < 1 || port > 65_535);
  if (wrong !== undefined) throw new HttpError(400, `port ${JSON.stringify(String(wrong))} is not valid`);
  return ports;
}

/**
 * Forwards ports over an open socket: for the n-th port, channel 2n is the data, 2n+1 says what went wrong; each begins with the port as two
 * bytes, the low one first. Source: kubelet cri/streaming/portforward websocket.go.
 */
export async function servePortForward(socket: ChannelSocket, pod: DeepReadonly<Pod>, ports: readonly number[]): Promise<void> {
  const forwards = ports.map((port, index) => ({
    port,
    input: socket.input(2 * index),
    output: socket.output(2 * index),
    errors: 2 * index + 1,
  }));
  await Promise.all(
    forwards.map(async ({ port, input, output, errors }) => {
      const prefix = Buffer.of(port & 0xff, port >> 8);
      await new Promise<void>((resolve) => output.write(prefix, () => resolve()));
      await socket.send(errors, prefix);
      let target: Socket | undefined;
      try {
        target = await dialPod(pod, port);
        pipeline(input, target).catch(() => target?.destroy());
        await pipeline(target, output, { signal: socket.closed }); // over once the pod's side has ended
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        await socket.send(errors, Buffer.from(`error forwarding port ${port} to pod ${pod.metadata.uid}, uid : ${why}`));
      } finally {
        target?.destroy();
      }
    }),
  );
  socket.close();
}

/** A connection to a port of the pod: at its own address, else where programs listen that take localhost only. */
export async function dialPod({ status }: DeepReadonly<Pod>, port: number): Promise<Socket> {
  const own = status.podIP ?? '';
  if (own !== '') {
    try {
      return await dial(own, port);
    } catch {
      // it may listen on localhost only
    }
  }
  return dial('127.0.0.1', port);
}

function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
