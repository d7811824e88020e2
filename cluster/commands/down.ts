import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError } from '../cluster-error.ts';
import { askSupervisor } from '../control-client.ts';
import { lockHolder } from '../lock.ts';
import { type Command, DATA_DIR_OPTION, existingDataDir, readArgs } from './command.ts';

/** Longer than the supervisor gives its processes, stage by stage. */
const TIMEOUT_MS = 120_000;

export const down: Command = {
  usage: './kubernetus down [--data-dir DIR] [--delete]',
  summary: 'stop the cluster; its data stays unless --delete',
  help: `Stops every process of the cluster, containers too. The next \`up\` brings all objects and pods back.

  --data-dir DIR   the cluster (default .kubernetus)
  --delete         also delete the data directory`,
  async run(args) {
    const { values } = readArgs({ args, options: { ...DATA_DIR_OPTION, delete: { type: 'boolean', default: false } } });
    const dir = existingDataDir(values['data-dir']);
    const pid = lockHolder(dir);
    if (pid === undefined) process.stdout.write(`no cluster runs from ${dir.root}\n`);
    else {
      await askSupervisor(dir, 'POST', '/stop');
      for (let waited = 0; lockHolder(dir) === pid; waited += 20) {
        if (waited > TIMEOUT_MS)
          throw new ClusterError(`the cluster (pid ${pid}) has not stopped within ${TIMEOUT_MS / 1000} s: see ${dir.log('supervisor')}`);
        await sleep(20);
      }
      process.stdout.write('stopped\n');
    }
    if (values.delete) {
      rmSync(dir.root, { recursive: true, force: true });
      process.stdout.write(`deleted ${dir.root}\n`);
    }
    return 0;
  },
};
