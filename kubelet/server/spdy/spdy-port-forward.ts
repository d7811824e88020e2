import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { SpdyConnection, SpdyStream } from './spdy-connection.ts';

/** The protocol of port-forward over SPDY, and the WebSocket subprotocol that carries it. Source: apimachinery portforward constants. */
export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';
export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

export interface SpdyPortForward {
  podUid: string;
  dial(port: number): Promise<Socket>;
}

/**
 * Forwards each connection that the client takes: a stream for its data and one for errors, joined by `requestid`. Resolves once the client
 * has left. Source: kubelet cri/streaming/portforward httpstream.go.
 */
export async function serveSpdyPortForward(connection: SpdyConnection, { podUid, dial }: SpdyPortForward): Promise<void> {
  const waiting = new Map<string, SpdyStream>();
  await connection.run((stream) => {
    const [type, port, request = ''] = ['streamtype', 'port', 'requestid'].map((name) => stream.headers.get(name));
    const number = Number(port);
    if ((type !== 'data' && type !== 'error') || !Number.isInteger(number) || number < 1 || number > 65_535) return stream.destroy();
    const other = waiting.get(request);
    if (other === undefined) waiting.set(request, stream);
    else {
      waiting.delete(request);
      const [data, errors] = type === 'data' ? [stream, other] : [other, stream];
      void forward(number, data, errors);
    }
    return undefined;
  });

  async function forward(port: number, data: SpdyStream, errors: SpdyStream): Promise<void> {
    let target: Socket | undefined;
    errors.resume();
    try {
      target = await dial(port);
      const pod = target;
      pipeline(data, pod).catch(() => pod.destroy());
      await pipeline(pod, data, { signal: connection.closed }); // over once the pod's side has ended
      errors.end();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      errors.end(`error forwarding port ${port} to pod ${podUid}, uid : ${why}`);
      data.end();
    } finally {
      target?.destroy();
      data.resume();
    }
  }
}
