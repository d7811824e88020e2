import { ClusterError } from '../cluster-error.ts';
import type { Command } from './command.ts';
import { doctor } from './doctor.ts';
import { down } from './down.ts';
import { kubectl } from './kubectl.ts';
import { logs } from './logs.ts';
import { node } from './node.ts';
import { status } from './status.ts';
import { test } from './test.ts';
import { up } from './up.ts';

const later = (name: string, what: string): Command => ({
  usage: `./kubernetus ${name}`,
  summary: `${what} (not in this version)`,
  help: `${what}. This version cannot do it yet.`,
  run: () => Promise.reject(new ClusterError(`\`${name}\` is not in this version yet`)),
});

export const COMMANDS: Readonly<Record<string, Command>> = {
  up,
  down,
  status,
  logs,
  kubectl,
  node,
  doctor,
  test,
  backup: later('backup', 'a consistent snapshot of all cluster data'),
  restore: later('restore', 'a cluster from a snapshot'),
  image: later('image', "images in every node's store"),
};

export function helpText(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}\n`);
  return `Kubernetus: a whole Kubernetes on this machine.

  ./kubernetus up                                       start a cluster (Ctrl-C stops it)
  export KUBECONFIG=$PWD/.kubernetus/kubeconfig
  kubectl get nodes

Commands (each explains itself with --help):
${rows.join('')}`;
}
