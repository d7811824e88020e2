import type { buildConnector } from 'undici';
import type { Clock } from '../machinery/clock.ts';

/** How long the first connection may take to bring a TLS session before others no longer wait for it, ms. */
const SESSION_MS = 100;

/**
 * Lets the first TLS connection get its session before others start: these resume it, which costs both sides half of a full handshake. A
 * starting component opens some twenty connections at once.
 */
export function resumeFirst(connect: buildConnector.connector, clock: Clock): buildConnector.connector {
  let warm = false;
  let waiting: (() => void)[] | undefined;
  const open = (): void => {
    const others = waiting ?? [];
    waiting = undefined;
    for (const start of others) start();
  };
  const connectInTurn: buildConnector.connector = (options, callback) => {
    if (warm) connect(options, callback);
    else if (waiting !== undefined) waiting.push(() => connectInTurn(options, callback));
    else {
      waiting = [];
      connect(options, (...result) => {
        const [error, socket] = result;
        if (error !== null || socket === null) open();
        else {
          const first = (): void => {
            if (warm) return;
            warm = true;
            cancel();
            open();
          };
          const cancel = clock.setTimer(SESSION_MS, first);
          socket.once('session', first);
          socket.once('close', first);
        }
        callback(...result);
      });
    }
  };
  return connectInTurn;
}
