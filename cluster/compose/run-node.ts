import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../shared/machinery/clock.ts';
import { SupervisedProcess } from '../supervised-process.ts';
import type { ProcessSpec } from '../topology.ts';
import { type ContainerNode, localRoutes, nodeProcesses } from './node-processes.ts';

const boot = fileURLToPath(new URL('../../programs/boot.cjs', import.meta.url));
/** The most that a timer can wait. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

/**
 * A node in a container of its own: sets up its addresses, then keeps kubelet and kube-proxy running until `signal` aborts. One that ends
 * is started again here and not by the engine, since pods outlive their kubelet but not their container.
 */
export async function runNode(node: ContainerNode, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const args of localRoutes(node)) execFileSync('ip', args, { stdio: 'inherit' });
  const [kubelet, kubeProxy] = nodeProcesses(node).map(
    (spec) => new SupervisedProcess(spec, { clock, command: componentCommand, logFile: '/dev/stdout', onChange: report }),
  );
  kubelet?.start();
  kubeProxy?.start();
  while (!signal.aborted) await clock.sleep(LONGEST_SLEEP_MS, signal);
  // Pods end before the addresses that they reach services by.
  await kubelet?.stop();
  await kubeProxy?.stop();
}

/** Runs a component without the right to change the node's network, which its pods would have, too. */
function componentCommand({ program, youngGenerationMiB }: ProcessSpec): { file: string; args: string[]; env: NodeJS.ProcessEnv } {
  return {
    file: 'setpriv',
    args: ['--bounding-set=-net_admin', '--', process.execPath, `--max-semi-space-size=${youngGenerationMiB}`, boot, program],
    env: process.env,
  };
}

function report({ status: { name, state, lastExit, restarts } }: SupervisedProcess): void {
  if (state === 'backing off') console.log(`${name} ended (${lastExit}), will start again (restart ${restarts + 1})`);
}
