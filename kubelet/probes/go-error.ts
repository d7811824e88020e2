import { isIPv6 } from 'node:net';

const CONNECT: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
  EINVAL: 'invalid argument',
};

/** A network failure in the words of Go's `net` package, which events and people's searches expect. */
export function goNetworkError(error: unknown, host: string, port: number): string {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  const connect = CONNECT[code];
  if (connect !== undefined) return `dial tcp ${joinHostPort(host, port)}: connect: ${connect}`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${host}: no such host`;
  if (code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: Temporary failure in name resolution`;
  if (message === 'socket hang up') return 'EOF';
  if (code === 'ECONNRESET') return `read tcp ${joinHostPort(host, port)}: read: connection reset by peer`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return 'http: server gave HTTP response to HTTPS client';
  if (code.startsWith('HPE_')) return `net/http: HTTP/1.x transport connection broken: malformed HTTP response`;
  return message;
}

/** Go's `net.JoinHostPort`. */
export function joinHostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whole seconds and milliseconds as Go prints a `time.Duration`: `1s`, `1m30s`, `500ms`. */
export function goDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
