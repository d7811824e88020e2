import type { ChannelSocket } from './channel-socket.ts';
import type { ClientStreams, WantedStreams } from './remote-command.ts';

/** Source: apimachinery wsstream channels of remotecommand. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;

/** The streams of an exec or attach as channels of a WebSocket; call it before the first message can arrive. */
export function socketStreams(socket: ChannelSocket, { stdin, stdout, stderr, tty }: WantedStreams): ClientStreams {
  const lowest = stdout ? STDOUT : stderr ? STDERR : ERROR;
  void socket.send(lowest, Buffer.alloc(0)); // tells that the streams are open
  return {
    ...(stdin ? { stdin: socket.input(STDIN) } : {}),
    ...(stdout ? { stdout: socket.output(STDOUT) } : {}),
    ...(stderr ? { stderr: socket.output(STDERR) } : {}),
    ...(tty ? { resize: socket.input(RESIZE) } : {}),
    closed: socket.closed,
    finish: async (status) => {
      const structured = /^v[45]\./.test(socket.protocol);
      await socket.send(ERROR, Buffer.from(structured ? JSON.stringify(status) : (status.message ?? '')));
      socket.close();
    },
  };
}
