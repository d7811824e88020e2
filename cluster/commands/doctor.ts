import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import type { Command } from './command.ts';

interface Finding {
  what: string;
  works: boolean;
  note: string;
}

export const doctor: Command = {
  usage: './kubernetus doctor',
  summary: 'which runtimes, proxy modes and tools this machine offers',
  help: 'Says what works on this machine, and for what does not, what would add it.',
  async run() {
    const loopback = await canListen('127.254.254.254');
    const findings: Finding[] = [
      { what: 'node', works: true, note: process.version },
      { what: 'runtime process', works: true, note: 'containers are processes of this machine' },
      { what: 'runtime simulated', works: true, note: 'states advance on the clock' },
      { what: 'runtime crun', works: false, note: 'not in this version' },
      { what: 'proxy userspace', works: loopback, note: loopback ? 'services have addresses in 127.0.0.0/8' : LOOPBACK_ADVICE },
      { what: 'proxy nftables', works: false, note: 'not in this version' },
      tool('kubectl', ['version', '--client'], 'install kubectl; `./kubernetus test` also fetches one'),
      tool('helm', ['version', '--short'], 'install helm if you want to use charts'),
      tool('curl', ['--version'], 'install curl if you want to speak to the API by hand'),
    ];
    for (const { what, works, note } of findings) process.stdout.write(`${works ? 'yes' : 'no '}  ${what.padEnd(20)} ${note}\n`);
    return loopback ? 0 : 1;
  },
};

const LOOPBACK_ADVICE =
  'this system has only 127.0.0.1: add the others to the loopback interface (macOS: `sudo ifconfig lo0 alias ADDRESS`), or run the cluster in a Linux container';

function tool(name: string, args: readonly string[], advice: string): Finding {
  const { status, stdout } = spawnSync(name, args, { encoding: 'utf8', timeout: 10_000 });
  return { what: name, works: status === 0, note: status === 0 ? (stdout.split('\n')[0] ?? '') : advice };
}

async function canListen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, host, () => server.close(() => resolve(true)));
  });
}
