import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { loadKubeconfig } from '../../shared/client/kubeconfig.ts';
import { createApiClient } from '../../shared/client/rest-client.ts';
import { realClock } from '../../shared/machinery/clock.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const script = join(root, 'kubernetus');

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  stdin?: string;
  /** ms */
  timeout?: number;
}

/** Runs a program to its end; never rejects for its exit code. */
export function run(
  file: string,
  args: readonly string[],
  { cwd = root, env = {}, stdin, timeout = 120_000 }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'], timeout });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: code ?? 128, stdout, stderr: signal === null ? stderr : `${stderr}ended by ${signal}` }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}

export interface RealCluster {
  dataDir: string;
  port: number;
  kubeconfig: string;
  token: string;
  client: ApiClient;
  /** ms from `up` to its return, as the user sees it. */
  upMs: number;
  /** Runs `./kubernetus ARGS --data-dir …`. */
  kubernetus(...args: string[]): Promise<Outcome>;
  kubectl(args: readonly string[], options?: RunOptions & { file?: string }): Promise<Outcome>;
  /** Stops it and deletes its data. */
  destroy(): Promise<void>;
}

/** A cluster of real processes in a directory and on a port of its own, started with `up --detach` and these further arguments. */
export async function startCluster(
  args: readonly string[] = [],
  directory = mkdtempSync(join(tmpdir(), 'kubernetus-')),
): Promise<RealCluster> {
  const port = await freePort();
  const dataDir = join(directory, 'cluster');
  const kubernetus = (...more: string[]): Promise<Outcome> => run(script, [...more, '--data-dir', dataDir]);
  const started = performance.now();
  const up = await kubernetus('up', '--detach', '--port', String(port), ...args);
  const upMs = performance.now() - started;
  if (up.code !== 0) {
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`up failed: ${up.stderr}${up.stdout}`);
  }
  const kubeconfig = join(dataDir, 'kubeconfig');
  const client = createApiClient(await loadKubeconfig(kubeconfig), { clock: realClock, userAgent: 'test' });
  return {
    dataDir,
    port,
    kubeconfig,
    token: readFileSync(join(dataDir, 'admin.token'), 'utf8'),
    client,
    upMs,
    kubernetus,
    kubectl: (words, { file = 'kubectl', ...options } = {}) =>
      run(file, words, { ...options, env: { ...options.env, KUBECONFIG: kubeconfig } }),
    destroy: async () => {
      await client.close();
      await kubernetus('down', '--delete');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
