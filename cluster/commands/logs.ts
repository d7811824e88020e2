import { closeSync, existsSync, openSync, readdirSync, readSync, watch } from 'node:fs';
import { ClusterError } from '../cluster-error.ts';
import { type Command, DATA_DIR_OPTION, existingDataDir, readArgs } from './command.ts';

export const logs: Command = {
  usage: './kubernetus logs COMPONENT [-f] [--data-dir DIR]',
  summary: "a component's log",
  help: 'Prints the log of a component (JSON, a line an entry); -f goes on as it grows. Without a name, lists the components that have one.',
  async run(args) {
    const { values, positionals } = readArgs({
      args,
      allowPositionals: true,
      options: { ...DATA_DIR_OPTION, follow: { type: 'boolean', short: 'f', default: false } },
    });
    const dir = existingDataDir(values['data-dir']);
    const names = readdirSync(`${dir.root}/logs`).flatMap((file) => (file.endsWith('.log') ? [file.slice(0, -4)] : []));
    const [name] = positionals;
    if (name === undefined) {
      process.stdout.write(`${names.join('\n')}\n`);
      return 0;
    }
    if (!names.includes(name) || !existsSync(dir.log(name)))
      throw new ClusterError(`no component ${JSON.stringify(name)} has a log: there are ${names.join(', ')}`);
    await print(dir.log(name), values.follow);
    return 0;
  },
};

/** Copies a file to stdout; with `follow`, also what is added until the process is interrupted. */
async function print(path: string, follow: boolean): Promise<void> {
  const fd = openSync(path, 'r');
  const buffer = Buffer.alloc(64 * 1024);
  const copy = (): void => {
    for (let length = readSync(fd, buffer); length > 0; length = readSync(fd, buffer))
      process.stdout.write(Buffer.from(buffer.subarray(0, length)));
  };
  copy();
  if (follow) {
    const watcher = watch(path, copy);
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    watcher.close();
  }
  closeSync(fd);
}
