import { ClusterError } from '../cluster-error.ts';
import { askSupervisor } from '../control-client.ts';
import { type Command, DATA_DIR_OPTION, existingDataDir, readArgs, readCount } from './command.ts';

export const node: Command = {
  usage: './kubernetus node add [--simulated N] [--data-dir DIR] | node rm NAME',
  summary: 'more or fewer nodes on a running cluster',
  help: `  node add                one more node that runs pods as processes
  node add --simulated N  N more simulated nodes
  node rm NAME            stop the node's kubelet and its pods, and delete the Node`,
  async run(args) {
    const { values, positionals } = readArgs({
      args,
      allowPositionals: true,
      options: { ...DATA_DIR_OPTION, simulated: { type: 'string' } },
    });
    const dir = existingDataDir(values['data-dir']);
    const [verb, name] = positionals;
    const simulated = readCount(values.simulated, '--simulated', 10_000);
    const answer = await ask();
    if (answer === undefined) throw new ClusterError(`no cluster runs from ${dir.root}: \`./kubernetus up\` starts it`);
    process.stdout.write(`${'removed' in answer ? `removed ${answer.removed}` : `added ${answer.nodes.join(', ')}`}\n`);
    return 0;

    async function ask(): Promise<{ nodes: string[] } | { removed: string } | undefined> {
      if (verb === 'add')
        return (await askSupervisor(dir, 'POST', '/nodes', { count: simulated ?? 1, simulated: simulated !== undefined })) as
          | { nodes: string[] }
          | undefined;
      if (verb === 'rm' && name !== undefined)
        return (await askSupervisor(dir, 'DELETE', `/nodes/${encodeURIComponent(name)}`)) as { removed: string } | undefined;
      throw new ClusterError('say `node add`, `node add --simulated N` or `node rm NAME`');
    }
  },
};
