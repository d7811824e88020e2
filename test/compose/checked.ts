import { spawnSync } from 'node:child_process';

/** Runs a program to its end and returns what it printed; throws with the end of that when it fails. */
export function checked(command: string, args: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed (${status}):\n${`${stdout}\n${stderr}`.trim().slice(-4000)}`);
  return stdout;
}
