import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ClusterError } from '../cluster-error.ts';
import { sourceRoot } from '../programs.ts';
import { type Command, DATA_DIR_OPTION, existingDataDir } from './command.ts';

export const kubectl: Command = {
  usage: './kubernetus kubectl [--data-dir DIR] ARGS…',
  summary: "kubectl with this cluster's kubeconfig",
  help: `Runs the kubectl on the PATH, else the one that the tests have fetched.

  --data-dir DIR   the cluster, before kubectl's own arguments (default KUBERNETUS_DATA_DIR, else .kubernetus)`,
  async run(argv) {
    const { path, args } = splitDataDir(argv);
    const dir = existingDataDir(path);
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

/** Only what comes first is ours: all else is kubectl's. */
function splitDataDir([first = '', ...rest]: readonly string[]): { path: string; args: string[] } {
  if (first === '--data-dir') return { path: rest[0] ?? '', args: rest.slice(1) };
  if (first.startsWith('--data-dir=')) return { path: first.slice('--data-dir='.length), args: rest };
  return { path: DATA_DIR_OPTION['data-dir'].default, args: first === '' ? rest : [first, ...rest] };
}

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
