import { connect } from 'node:net';
import type { Clock } from '../../shared/machinery/clock.ts';
import { goNetworkError, joinHostPort } from './go-error.ts';
import type { ProbeOutcome } from './probe.ts';

/** Healthy when a connection can be opened. Source: kubernetes pkg/probe/tcp DoTCPProbe. */
export function probeTcp(host: string, port: number, timeoutMs: number, clock: Clock): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (outcome: ProbeOutcome): void => {
      cancel();
      socket.destroy();
      resolve(outcome);
    };
    const cancel = clock.setTimer(timeoutMs, () =>
      settle({ result: 'failure', message: `dial tcp ${joinHostPort(host, port)}: i/o timeout` }),
    );
    socket.once('connect', () => settle({ result: 'success', message: '' }));
    socket.once('error', (error) => settle({ result: 'failure', message: goNetworkError(error, host, port) }));
  });
}
