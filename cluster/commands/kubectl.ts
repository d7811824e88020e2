import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ClusterError } from '../cluster-error.ts';
import { DataDir } from '../data-dir.ts';
import { sourceRoot } from '../programs.ts';
import type { Command } from './command.ts';

export const kubectl: Command = {
  usage: './kubernetus kubectl ARGS…',
  summary: "kubectl with this cluster's kubeconfig",
  help: 'Runs the kubectl on the PATH, else the one that the tests have fetched. KUBERNETUS_DATA_DIR names another cluster than the one in .kubernetus.',
  async run(args) {
    const dir = new DataDir(process.env.KUBERNETUS_DATA_DIR ?? '.kubernetus');
    if (!dir.exists()) throw new ClusterError(`there is no cluster in ${dir.root}: \`./kubernetus up\` makes one`);
    const file = findKubectl();
    if (file === undefined)
      throw new ClusterError('found no kubectl on the PATH: install it, or run `./kubernetus test` once, which fetches one');
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, KUBECONFIG: dir.kubeconfig } });
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
    });
  },
};

function findKubectl(): string | undefined {
  const candidates = [
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'kubectl')),
    join(sourceRoot(), 'node_modules/.cache/kubernetus-tools/v35/kubectl/kubectl'),
  ];
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
