import { connect, constants } from 'node:http2';
import type { Clock } from '../../shared/machinery/clock.ts';
import { goDuration, joinHostPort } from './go-error.ts';
import type { ProbeOutcome } from './probe.ts';

/** Values of `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const UNIMPLEMENTED = 12;

/** Asks `grpc.health.v1.Health/Check`; healthy when it answers SERVING. Source: kubernetes pkg/probe/grpc. */
export function probeGrpc(
  { host, port, service, userAgent }: { host: string; port: number; service: string; userAgent: string },
  timeoutMs: number,
  clock: Clock,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const session = connect(`http://${joinHostPort(host, port)}`);
    let connected = false;
    const settle = (message: string | undefined): void => {
      cancel();
      session.destroy();
      resolve(message === undefined ? { result: 'success', message: 'service healthy' } : { result: 'failure', message });
    };
    const cannotConnect = (): string =>
      `timeout: failed to connect service ${JSON.stringify(joinHostPort(host, port))} within ${goDuration(timeoutMs)}: context deadline exceeded`;
    const cancel = clock.setTimer(timeoutMs, () =>
      settle(connected ? `timeout: health rpc did not complete within ${goDuration(timeoutMs)}` : cannotConnect()),
    );
    session.once('connect', () => (connected = true));
    session.once('error', (error) => settle(connected ? `error: health rpc probe failed: ${error.message}` : cannotConnect()));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': userAgent,
    });
    const chunks: Buffer[] = [];
    let status: { code: number; message: string } | undefined;
    const readStatus = (headers: Record<string, unknown>): void => {
      const code = headers['grpc-status'];
      if (code !== undefined) status = { code: Number(code), message: decodeURIComponent(String(headers['grpc-message'] ?? '')) };
    };
    stream.on('response', readStatus);
    stream.on('trailers', readStatus);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('error', (error) => {
      if (connected) settle(`error: health rpc probe failed: ${error.message}`);
    });
    stream.once('end', () => settle(verdict(status, Buffer.concat(chunks))));
    stream.end(encodeRequest(service));
  });
}

/** Undefined when healthy. */
function verdict(status: { code: number; message: string } | undefined, body: Buffer): string | undefined {
  if (status?.code === UNIMPLEMENTED)
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${status.message}`;
  if (status !== undefined && status.code !== 0)
    return `error: health rpc probe failed: rpc error: code = ${status.code} desc = ${status.message}`;
  const serving = decodeServingStatus(body);
  return serving === 'SERVING' ? undefined : `service unhealthy (responded with ${JSON.stringify(serving)})`;
}

/** `HealthCheckRequest{service = 1}` in gRPC's frame: one byte "not compressed", four bytes length. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service, 'utf8');
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** `HealthCheckResponse{status = 1}`; a missing field is the zero value. */
function decodeServingStatus(body: Buffer): string {
  const message = body.subarray(5);
  return SERVING_STATUS[message[0] === 0x08 ? (message[1] ?? 0) : 0] ?? 'UNKNOWN';
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
